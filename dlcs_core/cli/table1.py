"""``table1``: the baseline table of a cohort."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

from dlcs_core.cli.console import RESEARCH_USE_CODE, language, warning_list, write_json, write_lines
from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.clinical.variables import VARIABLE_BY_NAME
from dlcs_core.errors import Notice
from dlcs_core.report.table_one import (
    TableOneReport,
    TableOneRequest,
    table_one_json,
    table_one_report,
)
from dlcs_core.report.table_one_text import table_one_lines
from dlcs_core.statistics.two_sample import CHOICES
from dlcs_core.translation import sentence

SCHEMA = "dlcs.table1/1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("--table", type=Path, required=True, metavar="CSV")
    parser.add_argument("--by", required=True, metavar="COL")
    parser.add_argument("--cohort", metavar="COL")
    for option in ("--variables", "--continuous", "--categorical"):
        parser.add_argument(option, action="extend", type=_names, default=[], metavar="A,B")
    parser.add_argument("--test", choices=CHOICES, default="auto")
    parser.add_argument("--json", action="store_true")


def run(arguments: argparse.Namespace) -> int:
    """Describe and compare the groups and print the table.

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
        If no baseline table can be made of it as asked.
    """
    request = TableOneRequest(
        by=arguments.by,
        cohort=arguments.cohort,
        variables=tuple(arguments.variables),
        continuous=tuple(arguments.continuous),
        categorical=tuple(arguments.categorical),
        test=arguments.test,
    )
    cohort = read_cohort(arguments.table, required=request.named, used=_used(request))
    report = table_one_report(cohort.table, request)
    notices = (*cohort.warnings, *report.warnings)
    if arguments.json:
        write_json(_content(report, notices))
    else:
        write_lines(_in_words(report, notices))
    return 0


def _names(text: str) -> list[str]:
    """Return the names of a comma list."""
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise argparse.ArgumentTypeError("an empty name in a comma list")
    return names


def _used(request: TableOneRequest) -> set[str]:
    """Return the columns whose bad cells are refused."""
    listed = set(request.named)
    if not request.variables:
        listed |= set(VARIABLE_BY_NAME)
    # good_response may be derived from it.
    return listed | {"trg"} if "good_response" in listed else listed


def _content(report: TableOneReport, notices: tuple[Notice, ...]) -> Mapping[str, object]:
    return {
        "schema": SCHEMA,
        "research_use_only": True,
        "warnings": warning_list(notices),
        **table_one_json(report),
    }


def _in_words(report: TableOneReport, notices: tuple[Notice, ...]) -> Iterator[str]:
    yield from table_one_lines(report, language())
    for warning in warning_list(notices):
        yield warning["message"]
    yield sentence(RESEARCH_USE_CODE, language())
