"""The evaluation report of a bundle: ``python -m trainer report``.

Every table and figure of the paper that a bundle and its run can give, with intervals, by cohort
and centre; failure cases; three reporting statements; the paper's printed values beside ours; and
what the trainer's other verbs wrote, where their folders are given.
"""

from collections.abc import Iterator
from pathlib import Path

from dlcs_core.report.ledger import ledger_rows, reproduction_ledger
from trainer.evaluation_report_checklists import checklist_sections
from trainer.evaluation_report_document import (
    Block,
    Section,
    Table,
    write_document,
)
from trainer.evaluation_report_included import included_section
from trainer.evaluation_report_maps import failures_section, map_patients, maps_section
from trainer.evaluation_report_response import (
    calibration_section,
    curves_section,
    distribution_section,
    parts_section,
    response_reports,
    table_one_section,
    table_two_section,
)
from trainer.evaluation_report_sources import ReportMaterial, ReportSources, open_sources
from trainer.evaluation_report_survival import (
    survival_reports,
    survival_section,
    table_three_section,
)

__all__ = ["ReportSources", "make_sections", "write_report"]

NAME = "evaluation"
INCLUDED = (
    ("truth_test", "truth"),
    ("liar", "liar"),
    ("leak", "leak"),
    ("ablation", "ablation"),
    ("audit", "audit"),
    ("cam", "cam_sanity"),
)
"""Folder of the sources, and stem of the Markdown in it."""

NOT_HERE = (
    "Figure 1 is the workflow, not a result. Of the supplement (Function S1, Figures S1-S6, Table "
    "S1) the text was not available: S4 (what the DL signature goes with) stands among the "
    "printed values, S5 (reconstructed tumours) in the audit of synthetic images, S6 with overall "
    "survival; S1 to S3 are not made."
)


def write_report(sources: ReportSources, out: Path) -> None:
    """Write ``evaluation.md`` with its figures and ``evaluation.html`` in one piece.

    Parameters
    ----------
    sources : ReportSources
        Where everything lies.
    out : Path
        Folder of the report.

    Raises
    ------
    TrainingError, BundleError
        If bundle, run or cache cannot be read or do not belong together.
    """
    material = open_sources(sources)
    out.mkdir(parents=True, exist_ok=True)
    sections = list(make_sections(material, sources))
    manifest = material.bundle.manifest
    write_document(out, NAME, f"Evaluation of {manifest.name} {manifest.version}", sections)


def make_sections(material: ReportMaterial, sources: ReportSources) -> Iterator[Section]:
    """Make the sections in the order of the report."""
    responses, survivals = response_reports(material), survival_reports(material)
    mapped = map_patients(material)
    yield _what_it_is(material)
    yield table_one_section(material)
    yield table_two_section(responses)
    yield curves_section(responses)
    yield distribution_section(material)
    yield calibration_section(material, responses)
    yield parts_section(responses)
    yield table_three_section(material)
    yield survival_section(survivals)
    yield maps_section(material, mapped)
    yield failures_section(material, mapped)
    for name, stem in INCLUDED:
        folder = getattr(sources, name)
        if folder is not None:
            yield included_section(folder, stem)
    yield ledger_section(material)
    yield from checklist_sections(material)


def _what_it_is(material: ReportMaterial) -> Section:
    manifest = material.bundle.manifest
    blocks: list[Block] = [
        f"Bundle {manifest.name} {manifest.version}, SHA-256 {material.bundle.sha256[:16]}, code "
        f"{manifest.code_version}, made on {manifest.created}, seed {manifest.seed}. The model "
        "card in the bundle says what it is for and what not; this report says how it did.",
        NOT_HERE,
    ]
    if material.cache.synthetic:
        blocks.insert(
            0,
            "**These are computer phantoms.** A response signal was planted in them; nothing here "
            "says anything about patients.",
        )
    return Section("What was evaluated", tuple(blocks))


def ledger_section(material: ReportMaterial) -> Section:
    """Lay the paper's printed values beside this cohort's."""
    kept = [
        row
        for row in ledger_rows(reproduction_ledger(material.table), "en")
        if row["demo"] and row["table"] != "1"
    ]
    header = ("table", "item", "level", "cohort", "quantity", "printed", "this cohort", "status")
    rows = tuple(
        (row["table"], row["item"], row["level"], row["cohort"], row["quantity"],
         row["printed"] or "-", row["demo"], row["status"])
        for row in kept
    )  # fmt: skip
    return Section(
        "The paper's printed values beside these",
        (
            "Tables 2 and 3 and the text, where this cohort has the same quantity; status says "
            "whether the printed number follows from the paper's other numbers. Table 1 stands "
            "above. Another cohort need not agree with the paper's.",
            Table(header, rows),
        ),
    )
