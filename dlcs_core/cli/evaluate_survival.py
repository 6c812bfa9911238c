"""``evaluate survival``: follow-up, and a risk and predicted survival held against it."""

import argparse
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from dlcs_core.cli.console import RESEARCH_USE_CODE, language, warning_list, write_json, write_lines
from dlcs_core.cli.output_files import check_output, write_file
from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.clinical.column_checks import MAX_OS_MONTHS
from dlcs_core.errors import Notice
from dlcs_core.report.survival import (
    HORIZONS_MONTHS,
    SurvivalReport,
    SurvivalRequest,
    survival_report,
)
from dlcs_core.report.survival_json import SCHEMA, survival_json
from dlcs_core.report.survival_text import survival_lines
from dlcs_core.statistics.kaplan_meier import CiType
from dlcs_core.translation import sentence


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("--table", type=Path, required=True, metavar="CSV")
    parser.add_argument("--time", default=SurvivalRequest.time, metavar="COL")
    parser.add_argument("--event", default=SurvivalRequest.event, metavar="COL")
    parser.add_argument("--risk", metavar="COL", help=f"default {SurvivalRequest.risk}")
    parser.add_argument(
        "--survival", action="extend", type=_predictions, default=[], metavar="12=COL,24=COL",
        help="predicted probability of being alive at these months",
    )  # fmt: skip
    parser.add_argument("--times", action="extend", type=_times, metavar="12,24,35")
    parser.add_argument("--group", metavar="COL")
    parser.add_argument("--ci", choices=get_args(CiType), default=SurvivalRequest.ci_type)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--html", type=Path, metavar="F")


def run(arguments: argparse.Namespace) -> int:
    """Evaluate the survival and print the result.

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
        If nobody has follow-up, or the groups cannot be compared.
    """
    check_output(arguments.html)
    request = _request(arguments)
    named = _named(request, arguments.risk)
    used = {*named, request.risk}
    cohort = read_cohort(arguments.table, required=named, used=used)
    report = survival_report(cohort.table, request)
    notices = (*cohort.warnings, *report.warnings)
    if arguments.html:
        from dlcs_core.report.survival_document import survival_html

        write_file(arguments.html, survival_html(report, notices, language()).encode())
    if arguments.json:
        write_json(_content(report, notices))
    else:
        write_lines(_in_words(report, notices))
    return 0


def _request(arguments: argparse.Namespace) -> SurvivalRequest:
    return SurvivalRequest(
        time=arguments.time,
        event=arguments.event,
        risk=arguments.risk or SurvivalRequest.risk,
        survival=dict(arguments.survival),
        horizons_months=tuple(sorted(set(arguments.times or HORIZONS_MONTHS))),
        group=arguments.group,
        ci_type=arguments.ci,
    )


def _named(request: SurvivalRequest, risk: str | None) -> tuple[str, ...]:
    """Return the columns that must be there; the default risk need not."""
    optional = [name for name in (risk, request.group) if name]
    listed = (request.time, request.event, *request.survival.values(), *optional)
    return tuple(dict.fromkeys(listed))


def _times(text: str) -> list[float]:
    """Return the months of a comma list."""
    return [_month(part) for part in text.split(",")]


def _month(text: str) -> float:
    try:
        month = float(text)
    except ValueError:
        month = math.nan
    if not 0.0 < month <= MAX_OS_MONTHS:
        raise argparse.ArgumentTypeError(
            f"times are months above 0 and up to {MAX_OS_MONTHS}, for example 12,24,35"
        )
    return month


def _predictions(text: str) -> list[tuple[float, str]]:
    """Return month and column of each part of a comma list."""
    found = []
    for part in text.split(","):
        month, separator, column = part.partition("=")
        if not separator or not column.strip():
            raise argparse.ArgumentTypeError("MONTHS=COL is expected, for example 12=s12,24=s24")
        found.append((_month(month), column.strip()))
    return found


def _content(report: SurvivalReport, notices: tuple[Notice, ...]) -> Mapping[str, object]:
    return {
        "schema": SCHEMA,
        "research_use_only": True,
        "warnings": warning_list(notices),
        **survival_json(report),
    }


def _in_words(report: SurvivalReport, notices: tuple[Notice, ...]) -> Iterator[str]:
    yield from survival_lines(report, language())
    for warning in warning_list(notices):
        yield warning["message"]
    yield sentence(RESEARCH_USE_CODE, language())
