"""Figures and words of the activation maps' sanity checks, for the model card."""

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trainer.cam_sanity import STEPS, CamSanity, MapCheck
from trainer.checkpoint import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLORS = {"Grad-CAM": "#31688e", "guided Grad-CAM": "#d8576b"}


def write_cam_sanity(out: Path, found: CamSanity) -> None:
    """Write ``cam_sanity.json`` and ``.md``, and both figures as SVG and PNG."""
    out.mkdir(parents=True, exist_ok=True)
    write_atomically(out / "cam_sanity.json", json.dumps(numbers(found), indent=1).encode() + b"\n")
    write_atomically(out / "cam_sanity.md", ("\n".join(_markdown(found)) + "\n").encode())
    for suffix in ("svg", "png"):
        curves, gallery = draw_curves(found), draw_gallery(found)
        write_atomically(out / f"cam_sanity.{suffix}", _bytes(curves, suffix))
        write_atomically(out / f"cam_gallery.{suffix}", _bytes(gallery, suffix))


def numbers(found: CamSanity) -> dict[str, object]:
    """Return the checks as JSON values."""
    return {
        "cases": len(found.images),
        "steps": [name for name, _ in STEPS],
        "correlation": {
            check.name: check.correlation.mean(1).round(4).tolist() for check in found.checks
        },
        "share_on_tumor": float(found.share_on_tumor.mean()),
        "tumor_share_of_image": float(found.tumor_share.mean()),
        "turn_error": found.turn_error,
    }


def _markdown(found: CamSanity) -> Iterable[str]:
    yield "## Do the activation maps depend on what was learnt?"
    yield ""
    yield (
        f"{len(found.images)} cases, first fold. The weights are drawn anew from the logit down; "
        "the correlation (Spearman) with the map of the trained network should fall towards 0."
    )
    yield ""
    yield "| weights drawn anew | " + " | ".join(check.name for check in found.checks) + " |"
    yield "|---|" + "---|" * len(found.checks)
    for number, (name, _) in enumerate(STEPS):
        cells = (f"{check.correlation[number].mean():.2f}" for check in found.checks)
        yield f"| {name} | " + " | ".join(cells) + " |"
    yield ""
    yield (
        f"On the tumour lies {found.share_on_tumor.mean():.0%} of the Grad-CAM map on average, "
        f"where a flat map would have {found.tumor_share.mean():.0%}. The map of a turned image, "
        f"turned back, differs by at most {found.turn_error:.1e} of the peak."
    )
    yield ""
    yield "![Correlation with the trained network's map](cam_sanity.svg)"
    yield ""
    yield "![One case through the cascade](cam_gallery.svg)"


def draw_curves(found: CamSanity) -> "Figure":
    """Draw the correlation of every case and its mean, step by step."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.4), layout="constrained")
    axis = figure.subplots()
    steps = range(len(STEPS))
    for check in found.checks:
        color = COLORS[check.name]
        axis.plot(steps, check.correlation, color=color, linewidth=0.6, alpha=0.3)
        axis.plot(
            steps, check.correlation.mean(1), "o-", color=color, linewidth=2, label=check.name
        )
    axis.axhline(0, color="0.6", linewidth=0.8)
    axis.set_xticks(steps, [name for name, _ in STEPS])
    axis.set_ylabel("correlation with the map as trained")
    axis.set_xlabel("weights drawn anew, from the logit down")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False)
    return figure


def draw_gallery(found: CamSanity, case: int = 0) -> "Figure":
    """Draw one case through the cascade, each map on the scale of its kind as trained."""
    from matplotlib.figure import Figure

    columns = len(STEPS)
    figure = Figure(figsize=(1.55 * columns, 1.75 * len(found.checks)), layout="constrained")
    axes = figure.subplots(len(found.checks), columns, squeeze=False)
    for row, check in zip(axes, found.checks, strict=True):
        for number, axis in enumerate(row):
            _draw_map(axis, found.images[case], check, number, case)
        row[0].set_ylabel(check.name, fontsize=8)
    for axis, (name, _) in zip(axes[0], STEPS, strict=True):
        axis.set_title(name, fontsize=8)
    return figure


def _draw_map(
    axis: object, image: NDArray[np.float32], check: MapCheck, step: int, case: int
) -> None:
    """Lay a map over the key slice; what exceeds the trained peak is drawn as the peak."""
    from matplotlib.axes import Axes

    if not isinstance(axis, Axes):
        raise TypeError
    own, trained = check.maps[step, case], check.maps[0, case]
    extent = (0, 112, 112, 0)
    axis.imshow(image, cmap="gray", vmin=0, vmax=1, extent=extent)
    axis.imshow(
        own,
        cmap="inferno",
        vmin=0,
        vmax=max(float(np.quantile(trained, 0.995)), 1e-12),
        alpha=0.55,
        extent=extent,
        interpolation="bilinear",
    )
    axis.set_xticks([])
    axis.set_yticks([])
    axis.set_xlabel(f"r = {check.correlation[step, case]:.2f}", fontsize=7)


def _bytes(figure: "Figure", suffix: str) -> bytes:
    from matplotlib import rc_context

    stream = io.BytesIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "cam"}):
        metadata = {"Date": None} if suffix == "svg" else None
        figure.savefig(stream, format=suffix, dpi=150, metadata=metadata)
    return stream.getvalue()
