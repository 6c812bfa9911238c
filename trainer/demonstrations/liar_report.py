"""Words, table and figure of the liar test."""

from dataclasses import asdict
from pathlib import Path

from dlcs_core.statistics.delong import AucEstimate
from trainer.demonstrations.liar import NullTest, ShortcutTest, area_p
from trainer.demonstrations.networks import auc_words, write_numbers
from trainer.evaluation_report_document import Picture, Section, Table, svg_bytes, write_document


def write_liar(out: Path, null: NullTest, shortcut: ShortcutTest, spent: str) -> None:
    """Write ``liar.json``, ``liar.md`` and ``liar.html``."""
    numbers: dict[str, object] = {
        "demonstration": "liar",
        "budget": spent,
        "null": asdict(null)
        | {"contains_half": null.contains_half, "claims_nothing": null.claims_nothing},
        "shortcut": asdict(shortcut) | {"is_exposed": shortcut.is_exposed},
    }
    write_numbers(out / "liar.json", numbers)
    write_document(out, "liar", "Liar test", [liar_section(null, shortcut, spent)])


def liar_section(null: NullTest, shortcut: ShortcutTest, spent: str) -> Section:
    """Word both tests."""
    drop = shortcut.left_out
    return Section(
        "Liar test: what the trainer says of nothing, and of a shortcut",
        (
            spent,
            f"**Null.** Nothing in these images tells the response. The out-of-fold interval of "
            f"the DL signature {'contains' if null.contains_half else '**does not contain**'} "
            f"0.5; likelihood-ratio P of the signature {null.signature_p:.3f}. "
            + (
                "No signature claims significance."
                if null.claims_nothing
                else "**A signature claims significance; one in twenty such tests does by chance, "
                "so repeat it with another seed.**"
            ),
            f"**Shortcut.** The kernel follows the response in nine of ten patients. Folds by "
            f"patient report {auc_words(shortcut.by_patient)} and cannot tell that this is the "
            "scanner. With a centre left out that does not share the habit the area is "
            f"{auc_words(shortcut.without_habit)} instead of {auc_words(shortcut.with_habit)}: a "
            f"fall of {drop.difference:.3f} ({drop.ci95[0]:.3f} to {drop.ci95[1]:.3f}). "
            + (
                "Leaving out a centre exposes the scanner."
                if shortcut.is_exposed
                else "**On this budget the fall cannot be told from chance.**"
            ),
            Table(("test", "AUC (95 % interval)", "P against 0.5"), _rows(null, shortcut)),
            Picture("liar", draw_liar(null, shortcut), "svg", "Areas of the liar test"),
        ),
    )


def _named(null: NullTest, shortcut: ShortcutTest) -> dict[str, AucEstimate]:
    named = {f"null: {name}": area for name, area in null.areas.items()}
    if shortcut.kernel:
        named["shortcut: kernel alone, no image"] = shortcut.kernel
    return named | {
        "shortcut: folds by patient": shortcut.by_patient,
        "shortcut: centre left out, habit shared": shortcut.with_habit,
        "shortcut: centre left out, without the habit": shortcut.without_habit,
    }


def _rows(null: NullTest, shortcut: ShortcutTest) -> tuple[tuple[str, ...], ...]:
    rows = [
        (name, auc_words(area), f"{area_p(area):.4f}")
        for name, area in _named(null, shortcut).items()
    ]
    for center, areas in shortcut.centers.items():
        words = f"{areas[0]:.3f} with, {areas[1]:.3f} without the habit" if areas else "-"
        rows.append((f"left out: {center}", words, "-"))
    return tuple(rows)


def draw_liar(null: NullTest, shortcut: ShortcutTest) -> bytes:
    """Draw every area with its interval against 0.5."""
    from matplotlib.figure import Figure

    named = _named(null, shortcut)
    figure = Figure(figsize=(7.2, 0.9 + 0.36 * len(named)), layout="constrained")
    axis = figure.subplots()
    axis.axvline(0.5, color="0.5", linewidth=0.9)
    for place, area in enumerate(named.values()):
        axis.plot(area.ci95 or (area.auc, area.auc), (place, place), color="#31688e")
        axis.plot(area.auc, place, "o", color="#31688e", markersize=4.5)
    axis.set_yticks(range(len(named)), list(named))
    axis.invert_yaxis()
    axis.set_xlim(0.2, 1.01)
    axis.set_xlabel("out-of-fold AUC, 95 % interval")
    axis.spines[["top", "right"]].set_visible(False)
    return svg_bytes(figure)
