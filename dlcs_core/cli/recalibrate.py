"""``recalibrate``: a bundle whose probabilities fit the hospital's own patients."""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from dlcs_core.cli.console import RESEARCH_USE_CODE, language, warning_list, write_json, write_lines
from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.clinical.record import displayable
from dlcs_core.errors import Notice, UsageError
from dlcs_core.models.local_recalibration import LOCAL_SCORES, MAX_NAME
from dlcs_core.report.local_recalibration import RecalibrationReport, recalibration_report
from dlcs_core.report.response_columns import GOOD_RESPONSE
from dlcs_core.report.response_text import number
from dlcs_core.statistics.recalibration import CalibrationSummary
from dlcs_core.translation import sentence

if TYPE_CHECKING:
    from dlcs_core.bundle.reader import Bundle

SCHEMA = "dlcs.recalibration/1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("--table", type=Path, required=True, metavar="CSV")
    parser.add_argument("--outcome", default=GOOD_RESPONSE, metavar="COL")
    parser.add_argument("--score", required=True, metavar="COL", help="the bundle's probability")
    parser.add_argument("--layer", choices=LOCAL_SCORES, help="which score the column holds")
    parser.add_argument("--bundle", type=Path, required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--cohort-name", default="local", metavar="TEXT")
    parser.add_argument("--json", action="store_true")


def run(arguments: argparse.Namespace) -> int:
    """Adjust a bundle's probabilities, write the new bundle and print before and after.

    Parameters
    ----------
    arguments : Namespace
        As declared by :func:`add_arguments`.

    Returns
    -------
    int
        0.

    Raises
    ------
    ClinicalError, CohortError
        If the table cannot be read or used.
    ModelError
        If no adjustment exists.
    BundleError
        If the bundle fails verification, or the new one cannot be put where it shall stand.
    """
    score = _score(arguments)
    used = {arguments.outcome, arguments.score, "trg"}
    needed = [name for name in used if name not in (GOOD_RESPONSE, "trg")]
    cohort = read_cohort(arguments.table, required=needed, used=used)
    report = recalibration_report(
        cohort.table, arguments.outcome, arguments.score, score, arguments.cohort_name
    )
    bundle = _write(arguments, report)
    notices = (*cohort.warnings, *report.warnings)
    if arguments.json:
        write_json(_content(report, bundle, notices))
    else:
        write_lines(_in_words(report, notices))
    return 0


def _score(arguments: argparse.Namespace) -> str:
    """Return which of the bundle's scores is adjusted."""
    name = str(arguments.cohort_name)
    if len(name) > MAX_NAME or not name.isprintable():
        raise UsageError("recalibration_cohort_name", length=len(name), limit=MAX_NAME)
    score = arguments.layer or arguments.score
    if score not in LOCAL_SCORES:
        raise UsageError(
            "recalibration_score_unknown",
            score=displayable(score), scores=", ".join(LOCAL_SCORES),
        )  # fmt: skip
    return str(score)


def _write(arguments: argparse.Namespace, report: RecalibrationReport) -> "Bundle":
    """Write the new bundle and read it back."""
    from dlcs_core.bundle.reader import read_bundle
    from dlcs_core.bundle.writer import write_recalibrated

    evidence = {report.score: {"before": asdict(report.before), "after": asdict(report.after)}}
    write_recalibrated(arguments.bundle, arguments.out, {report.score: report.layer}, evidence)
    return read_bundle(arguments.out)


def _content(
    report: RecalibrationReport, bundle: "Bundle", notices: tuple[Notice, ...]
) -> Mapping[str, object]:
    layer = report.layer
    return {
        "schema": SCHEMA,
        "research_use_only": True,
        "warnings": warning_list(notices),
        "score": report.score,
        "method": layer.method,
        "intercept": layer.intercept,
        "slope": layer.slope,
        "n": layer.n_patients,
        "events": layer.n_events,
        "cohort": layer.cohort,
        "cross_validation_folds": report.folds,
        "before": asdict(report.before),
        "after": asdict(report.after),
        "bundle": {
            "name": bundle.manifest.name,
            "version": bundle.manifest.version,
            "sha256": bundle.sha256,
            "synthetic_training_data": bundle.manifest.synthetic_training_data,
        },
    }


def _in_words(report: RecalibrationReport, notices: tuple[Notice, ...]) -> Iterator[str]:
    layer = report.layer
    yield sentence(
        "recalibration_result", language(),
        score=report.score, method=sentence(f"recalibration_method_{layer.method}", language()),
        n=layer.n_patients, events=layer.n_events,
        intercept=number(layer.intercept), slope=number(layer.slope),
    )  # fmt: skip
    yield sentence("recalibration_before", language(), **_numbers(report.before))
    after = _numbers(report.after)
    yield sentence("recalibration_after", language(), folds=report.folds, **after)
    for warning in warning_list(notices):
        yield warning["message"]
    yield sentence(RESEARCH_USE_CODE, language())


def _numbers(found: CalibrationSummary) -> dict[str, str]:
    return {name: number(value) for name, value in asdict(found).items()}
