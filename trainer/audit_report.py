"""The audit's report: one list of sections, written as Markdown, as HTML and as JSON."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.audit_page import Picture, Section, Table, as_html, as_markdown
from trainer.audit_reading import reading_page
from trainer.checkpoint import write_atomically

PHANTOMS_ONLY = (
    "**These are phantoms.** The measures say how the method copes with this generator. A reader "
    "who cannot tell a phantom from a decoded phantom proves nothing about patients."
)
FEATURES_USED = (
    "Features: log power of 24 random 5 x 5 convolutions at three scales, inside and on the edge "
    "of what is not empty; no trained network takes part. What they tell apart a trained network "
    "certainly can; what they do not, it still may."
)

Measures = Mapping[str, Any]


def write_report(
    out: Path,
    facts: Measures,
    folds: Sequence[Measures],
    pictures: Mapping[str, NDArray[Any]],
) -> None:
    """Write ``audit.json``, ``audit.md``, ``audit.html`` and ``reading.html``.

    Parameters
    ----------
    out : Path
        Existing folder.
    facts : mapping
        Recipe and cohort.
    folds : sequence of mappings
        Measures of each audited fold.
    pictures : mapping
        Of the first fold; see :func:`trainer.audit.choose_pictures`.
    """
    content = {"schema": "dlcs.audit/1", "research_use_only": True, **facts, "folds": list(folds)}
    write_atomically(out / "audit.json", json.dumps(content, indent=1).encode() + b"\n")
    sections = [
        _recipe(facts, folds),
        _reconstruction(folds, pictures),
        _texture(folds),
        _distances(folds),
        _told_apart(folds),
        _memorization(folds, pictures),
        _fidelity(folds),
        _reading(facts),
    ]
    write_atomically(out / "audit.md", as_markdown(sections).encode())
    write_atomically(out / "audit.html", as_html(sections).encode())
    page = reading_page(
        pictures["reading"], pictures["reading_is_synthetic"], phantoms=facts["synthetic_patients"]
    )
    write_atomically(out / "reading.html", page.encode())


def _recipe(facts: Measures, folds: Sequence[Measures]) -> Section:
    settings = tuple((name, str(value)) for name, value in facts["settings"].items())
    counts = tuple(
        (f"fold {one['fold']}: {name.replace('_', ' ')}", str(value))
        for one in folds
        for name, value in one["images"].items()
    )
    notes = [f"Recipe {facts['config']}, seed {facts['seed']}."]
    if facts["synthetic_patients"]:
        notes.append(PHANTOMS_ONLY)
    return Section("What was audited", tuple(notes), Table(("setting", "value"), settings + counts))


def _reconstruction(folds: Sequence[Measures], pictures: Mapping[str, NDArray[Any]]) -> Section:
    names = {
        "psnr_db": "PSNR, dB",
        "ssim": "SSIM",
        "mean_error_hu": "mean error inside the mask, HU",
        "mean_absolute_error_hu": "mean absolute error inside the mask, HU",
    }
    rows = [
        (label, *(_interval(one["reconstruction"][name]) for one in folds))
        for name, label in names.items()
    ]
    for band in folds[0]["reconstruction"]["power_ratio"]:
        cells = (_interval(one["reconstruction"]["power_ratio"][band]) for one in folds)
        rows.append((f"power ratio inside the mask, {band}", *cells))
    picture = Picture(
        _mosaic(_with_difference(pictures["reconstructed"])),
        "Key slices of two held-out patients chosen by lot, a good responder above a poor one: "
        "real, reconstructed, and their difference around mid-grey.",
    )
    return Section(
        "Reconstruction of held-out tumours",
        (
            "Mean over held-out patients (95 % interval). PSNR and SSIM run over the whole frame, "
            "whose empty part flatters them; a power ratio of 1 is the texture of the image, 0 is "
            "smooth.",
        ),
        _fold_table(folds, rows),
        picture,
    )


def _texture(folds: Sequence[Measures]) -> Section:
    rows = [
        (
            f"{name.replace('_', ' ')}, {band}",
            *(f"{one['texture'][name][band]:.2f}" for one in folds),
        )
        for name in folds[0]["texture"]
        for band in folds[0]["texture"][name]
    ]
    return Section(
        "Texture of synthetic images",
        (
            "Geometric mean power by band, within what is not empty. Where a ratio of synthetic to "
            "real lies beyond that of good to poor responders, blur or grain says more than the "
            "class does.",
        ),
        _fold_table(folds, rows),
    )


def _distances(folds: Sequence[Measures]) -> Section:
    names = {
        "synthetic": "synthetic images",
        "turned_copies": "turned and mirrored copies of real images",
        "real": "other real images (what chance gives)",
    }
    rows = [
        (label, *(_spread(one["kernel_distance"][name]) for one in folds))
        for name, label in names.items()
    ]
    return Section(
        "Kernel distance (KID) from real images of the rarer class",
        ("Unbiased, over draws of equal size without replacement (2.5 to 97.5 percentile).",),
        _fold_table(folds, rows),
        after=(FEATURES_USED,),
    )


def _told_apart(folds: Sequence[Measures]) -> Section:
    names = {
        "auc": "synthetic against real",
        "real_halves_auc": "real against real, by lot (what chance gives)",
    }
    rows = [
        (label, *(_auc(one["real_versus_synthetic"][name]) for one in folds))
        for name, label in names.items()
    ]
    return Section(
        "Can a classifier tell them apart?",
        (
            "AUC of a cross-validated ridge logistic regression on the same features, "
            "images of the rarer class; a synthetic image is left out together with the parent it "
            "resembles. 0.5 is what is hoped for, 1 a mark on every image.",
        ),
        _fold_table(folds, rows),
    )


def _memorization(folds: Sequence[Measures], pictures: Mapping[str, NDArray[Any]]) -> Section:
    names = folds[0]["memorization"]
    rows = [
        (name.replace("_", " "), *(f"{one['memorization'][name]:.4f}" for one in folds))
        for name in names
    ]
    return Section(
        "Are they copies?",
        ("Root mean squared difference from the nearest training image, in units of the window.",),
        _fold_table(folds, rows),
        Picture(
            _mosaic(pictures["origins"]),
            "Each row: parent, synthetic image, neighbour, nearest training image.",
        ),
    )


def _fidelity(folds: Sequence[Measures]) -> Section:
    names = {name: None for one in folds for name in one["class_fidelity"]}
    rows = [
        (name.replace("_", " "), *(_auc(one["class_fidelity"].get(name)) for one in folds))
        for name in names
    ]
    return Section(
        "Are they of their class?",
        (
            "AUC of a judge fitted on real training images only. Above the first row synthetic "
            "images are caricatures of their class, below it they are not quite of it.",
        ),
        _fold_table(folds, rows),
    )


def _reading(facts: Measures) -> Section:
    text = "reading.html beside this report shows real and synthetic images in mixed order."
    note = (
        "On phantoms its outcome proves nothing."
        if facts["synthetic_patients"]
        else "Let a radiologist who has not seen the cohort fill it in."
    )
    return Section("Blinded reading", (text, note))


def _fold_table(folds: Sequence[Measures], rows: Iterable[tuple[str, ...]]) -> Table:
    return Table(("", *(f"fold {one['fold']}" for one in folds)), tuple(rows))


def _interval(found: Measures) -> str:
    if found["ci95"] is None:
        return f"{found['mean']:.3f}"
    low, high = found["ci95"]
    return f"{found['mean']:.3f} ({low:.3f} to {high:.3f})"


def _spread(found: Measures | None) -> str:
    if found is None:
        return "too few images"
    return f"{found['mean']:.4f} ({found['low']:.4f} to {found['high']:.4f})"


def _auc(found: Measures | None) -> str:
    if found is None:
        return "none made"
    if found["ci95"] is None:
        return f"{found['auc']:.3f}"
    low, high = found["ci95"]
    return f"{found['auc']:.3f} ({low:.3f} to {high:.3f})"


def _with_difference(pairs: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Add the difference of each pair, (n, 2, rows, columns), around mid-grey."""
    real, made = pairs[:, 0].astype(int), pairs[:, 1].astype(int)
    difference = np.clip(128 + made - real, 0, 255).astype(np.uint8)
    return np.concatenate([pairs, difference[:, None]], 1)


def _mosaic(tiles: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Join tiles (rows of tiles, columns of tiles, rows, columns) into one picture."""
    down, across, rows, columns = tiles.shape
    return np.ascontiguousarray(tiles.swapaxes(1, 2)).reshape(down * rows, across * columns)
