"""Words, tables and figure of the truth test."""

from typing import Any

import pandas as pd

from dlcs_core.models.proportion import Proportion
from dlcs_core.statistics.calibration import CalibrationEstimate
from trainer.demonstrations.networks import auc_words
from trainer.demonstrations.truth import EVERYBODY, PlaceTruth, ScoreTruth, Share
from trainer.evaluation_report_document import Block, Picture, Section, Table, svg_bytes
from trainer.stages.intervals import TRUTH_OF


def truth_section(table: pd.DataFrame, found: dict[str, PlaceTruth]) -> Section:
    """Word the comparison."""
    everybody = found[EVERYBODY]
    share = everybody.share
    way = (
        f"The network score goes {_three(share.estimate, share.ci95)} of the way from 0.5 to the "
        "best possible AUC. "
        if share
        else ""
    )
    blocks: list[Block] = [
        f"{everybody.n} phantoms that nothing was fitted on, served as users see them. {way}"
        "Slope and intercept are those of the displayed probability against the outcome; the true "
        "line is that of the true log odds on the displayed ones; 1 and 0 are perfect. Coverage "
        "is the share of patients whose displayed interval holds their true probability.",
        Table(
            ("centre", "patients", "abstained", "share of the way"),
            tuple(
                (name, str(one.n), _proportion(one.abstained), _share(one.share))
                for name, one in found.items()
            ),
        ),
    ]
    for name in TRUTH_OF:
        rows = tuple(
            _score_row(place, one.scores[name])
            for place, one in found.items()
            if name in one.scores
        )
        if rows:
            blocks.append(Table(HEADER, rows, f"Displayed probability {name} against the truth"))
    blocks.append(
        Picture("truth", draw_truth(table), "svg", "Displayed against true probability, by centre")
    )
    return Section("Truth test: displayed against true probability", tuple(blocks))


HEADER = (
    "centre", "shown", "AUC", "best AUC", "slope", "intercept", "true slope", "true intercept",
    "mean error", "mean absolute error", "coverage",
)  # fmt: skip


def _score_row(place: str, one: ScoreTruth) -> tuple[str, ...]:
    return (
        place,
        str(one.n),
        auc_words(one.auc),
        f"{one.best.auc:.3f}",
        _two(one.slope),
        _two(one.intercept),
        f"{one.true_slope:.2f}",
        f"{one.true_intercept:+.2f}",
        f"{one.mean_error:+.3f}",
        f"{one.mean_absolute_error:.3f}",
        _proportion(one.coverage),
    )


def _two(found: CalibrationEstimate) -> str:
    return f"{found.estimate:.2f} ({found.ci95[0]:.2f} to {found.ci95[1]:.2f})"


def _three(estimate: float, ci95: tuple[float, float]) -> str:
    return f"{estimate:.3f} ({ci95[0]:.3f} to {ci95[1]:.3f})"


def _share(found: Share | None) -> str:
    return "-" if found is None else _three(found.estimate, found.ci95)


def _proportion(found: Proportion | None) -> str:
    return "-" if found is None else _three(found.estimate, found.ci95)


def draw_truth(table: pd.DataFrame) -> bytes:
    """Draw displayed against true probability, a colour a centre."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    centers = sorted(table["center"].astype(str).unique())
    figure = Figure(figsize=(8.6, 4.3), layout="constrained")
    axes: Any = figure.subplots(1, len(TRUTH_OF), sharex=True, sharey=True)
    for axis, (name, truth) in zip(axes, TRUTH_OF.items(), strict=True):
        shown: Any = table[table["status"] == "ok"].dropna(subset=[name])
        for number, center in enumerate(centers):
            rows = (shown["center"].astype(str) == center).to_numpy()
            color = colormaps["tab10"](number)
            axis.scatter(
                shown[name][rows], shown[truth][rows], s=4, color=color, alpha=0.5, label=center,
                linewidths=0, rasterized=True,
            )  # fmt: skip
        axis.plot((0, 1), (0, 1), color="0.3", linewidth=0.8)
        axis.set_xlim(0, 1)
        axis.set_ylim(0, 1)
        axis.set_xlabel(f"displayed {name}")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("true probability")
    axes[0].legend(frameon=False, markerscale=3, fontsize=8)
    return svg_bytes(figure)
