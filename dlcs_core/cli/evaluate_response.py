"""``evaluate response``: scores for good response against what happened."""

import argparse
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from dlcs_core.cli.console import RESEARCH_USE_CODE, language, warning_list, write_json, write_lines
from dlcs_core.cli.count_argument import LARGEST_SEED, MOST_RESAMPLES, whole_number
from dlcs_core.cli.output_files import check_output, write_file
from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.clinical.column_checks import SCORE_COLUMNS
from dlcs_core.errors import Notice
from dlcs_core.report.response import THRESHOLDS, ResponseReport, ResponseRequest, response_report
from dlcs_core.report.response_columns import GOOD_RESPONSE
from dlcs_core.report.response_json import SCHEMA, response_json
from dlcs_core.report.response_text import response_lines
from dlcs_core.statistics.bootstrap import RESAMPLES
from dlcs_core.statistics.decision_curve import threshold_range
from dlcs_core.translation import sentence


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("--table", type=Path, required=True, metavar="CSV")
    parser.add_argument("--outcome", default="good_response", metavar="COL")
    parser.add_argument("--scores", action="extend", type=_names, default=[], metavar="A,B")
    parser.add_argument("--threshold", type=_number, metavar="T")
    parser.add_argument("--thresholds", type=_range, default=THRESHOLDS, metavar="LO:HI:STEP")
    parser.add_argument("--subgroups", action="extend", type=_names, default=[], metavar="C,D")
    parser.add_argument("--centers", metavar="COL", help="pool performance over hospitals")
    parser.add_argument("--external", action="store_true", help="fitted on other patients")
    parser.add_argument(
        "--bootstrap", type=whole_number(2, MOST_RESAMPLES, or_none=True), default=RESAMPLES,
        metavar="B",
        help="resamples of the differences in net benefit, 0 for none",
    )  # fmt: skip
    parser.add_argument("--seed", type=whole_number(0, LARGEST_SEED), default=1, metavar="S")
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="its cutoffs are used")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--html", type=Path, metavar="F")


def run(arguments: argparse.Namespace) -> int:
    """Evaluate the scores and print the result.

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
    ClinicalError
        If the table cannot be read, lacks a column, or a column that is used breaks a rule.
    CohortError
        If the scores cannot be evaluated on it.
    BundleError
        If a bundle was named and fails verification.
    """
    check_output(arguments.html)
    request = _request(arguments)
    cohort = read_cohort(arguments.table, required=_named(request), used=_used(request))
    report = response_report(cohort.table, request)
    notices = (*cohort.warnings, *report.warnings)
    if arguments.html:
        from dlcs_core.report.response_document import response_html

        page = response_html(report, notices, language())
        write_file(arguments.html, page.encode())
    if arguments.json:
        write_json(_content(report, notices))
    else:
        write_lines(_in_words(report, notices))
    return 0


def _request(arguments: argparse.Namespace) -> ResponseRequest:
    return ResponseRequest(
        outcome=arguments.outcome,
        scores=tuple(dict.fromkeys(arguments.scores)),
        threshold=arguments.threshold,
        cutoffs=_cutoffs(arguments.bundle),
        thresholds=threshold_range(*arguments.thresholds),
        subgroups=tuple(dict.fromkeys(arguments.subgroups)),
        external=arguments.external,
        centers=arguments.centers,
        resamples=arguments.bootstrap,
        seed=arguments.seed,
        summarized=True,
    )


def _cutoffs(bundle: Path | None) -> Mapping[str, float]:
    if bundle is None:
        return {}
    from dlcs_core.bundle.reader import read_bundle

    cutoffs = read_bundle(bundle).manifest.cutoffs
    return {name: cutoff.value for name, cutoff in cutoffs.items() if name != "survival"}


def _named(request: ResponseRequest) -> tuple[str, ...]:
    """Return the columns that must be there; the default outcome may come from ``trg``."""
    outcome = () if request.outcome == GOOD_RESPONSE else (request.outcome,)
    centers = () if request.centers is None else (request.centers,)
    return (*outcome, *request.scores, *request.subgroups, *centers)


def _used(request: ResponseRequest) -> set[str]:
    """Return the columns whose bad cells are refused."""
    used = {*_named(request), *(request.scores or SCORE_COLUMNS)}
    return used | {GOOD_RESPONSE, "trg"} if request.outcome == GOOD_RESPONSE else used


def _names(text: str) -> list[str]:
    """Return the names of a comma list."""
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise argparse.ArgumentTypeError("an empty name in a comma list")
    return names


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError("a finite number is expected")
    return value


def _range(text: str) -> tuple[float, float, float]:
    parts = text.split(":")
    if len(parts) != 3:
        raise argparse.ArgumentTypeError("LO:HI:STEP is expected, for example 0.01:0.99:0.01")
    low, high, step = (_number(part) for part in parts)
    return low, high, step


def _content(report: ResponseReport, notices: tuple[Notice, ...]) -> Mapping[str, object]:
    return {
        "schema": SCHEMA,
        "research_use_only": True,
        "warnings": warning_list(notices),
        **response_json(report),
    }


def _in_words(report: ResponseReport, notices: tuple[Notice, ...]) -> Iterator[str]:
    yield from response_lines(report, language())
    for warning in warning_list(notices):
        yield warning["message"]
    yield sentence(RESEARCH_USE_CODE, language())
