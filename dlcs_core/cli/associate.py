"""``associate``: variables against response or survival, one at a time and together."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

from dlcs_core.cli.console import RESEARCH_USE_CODE, language, warning_list, write_json, write_lines
from dlcs_core.cli.count_argument import LARGEST_SEED, MOST_RESAMPLES, whole_number
from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.errors import Notice
from dlcs_core.report.association import AssociationReport, AssociationRequest, association_report
from dlcs_core.report.association_json import SCHEMA, association_json
from dlcs_core.report.association_text import association_lines
from dlcs_core.report.response_columns import GOOD_RESPONSE
from dlcs_core.statistics.lasso import LassoMeasure
from dlcs_core.translation import sentence

MOST_IMPUTATIONS = 1_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("--table", type=Path, required=True, metavar="CSV")
    parser.add_argument("--outcome", metavar="COL", help="0/1 column: logistic regression")
    parser.add_argument("--time", metavar="COL", help="months, with --event: Cox regression")
    parser.add_argument("--event", metavar="COL")
    parser.add_argument("--variables", action="extend", type=_names, required=True, metavar="A,B")
    parser.add_argument(
        "--reference", action="extend", type=_references, default=[], metavar="VAR=LEVEL"
    )
    for option in ("--continuous", "--categorical"):
        parser.add_argument(option, action="extend", type=_names, default=[], metavar="V")
    parser.add_argument("--lasso", action="store_true")
    parser.add_argument("--foldid", metavar="COL", help="fold of each row")
    parser.add_argument("--lasso-measure", choices=get_args(LassoMeasure), default="deviance")
    _add_development(parser)
    parser.add_argument("--json", action="store_true")


def _add_development(parser: argparse.ArgumentParser) -> None:
    """Declare what a model's development needs."""
    parser.add_argument(
        "--impute", type=whole_number(2, MOST_IMPUTATIONS, or_none=True), default=0, metavar="M",
        help="tables in which gaps are imputed, pooled beside the complete cases",
    )  # fmt: skip
    resamples = whole_number(2, MOST_RESAMPLES, or_none=True)
    parser.add_argument(
        "--bootstrap", type=resamples, default=0, metavar="B",
        help="resamples that correct performance for optimism, selection repeated in each",
    )  # fmt: skip
    parser.add_argument(
        "--stability", type=resamples, default=0, metavar="N",
        help="halves of the patients on which the LASSO is repeated",
    )  # fmt: skip
    parser.add_argument("--screen", type=_share, metavar="P", help="screen variables by P alone")
    parser.add_argument("--patient", metavar="COL", help="keeps a patient's rows together")
    parser.add_argument("--seed", type=whole_number(0, LARGEST_SEED), default=1, metavar="S")


def run(arguments: argparse.Namespace) -> int:
    """Relate the variables to the outcome and print the result.

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
        If nothing can be related to the outcome as asked.
    """
    request = _request(arguments)
    named = _named(request)
    used = {*named, "trg"} if GOOD_RESPONSE in named else set(named)
    cohort = read_cohort(arguments.table, required=named, used=used)
    report = association_report(cohort.table, request)
    notices = (*cohort.warnings, *report.warnings)
    if arguments.json:
        write_json(_content(report, notices))
    else:
        write_lines(_in_words(report, notices))
    return 0


def _request(arguments: argparse.Namespace) -> AssociationRequest:
    return AssociationRequest(
        variables=tuple(arguments.variables),
        outcome=arguments.outcome,
        time=arguments.time,
        event=arguments.event,
        references=dict(arguments.reference),
        continuous=tuple(arguments.continuous),
        categorical=tuple(arguments.categorical),
        lasso=arguments.lasso,
        fold_id=arguments.foldid,
        measure=arguments.lasso_measure,
        detailed=True,
        imputations=arguments.impute,
        seed=arguments.seed,
        resamples=arguments.bootstrap,
        subsamples=arguments.stability,
        screening_p=arguments.screen,
        patient=arguments.patient,
    )


def _named(request: AssociationRequest) -> tuple[str, ...]:
    """Return the columns that must be there."""
    fold = (request.fold_id,) if request.lasso and request.fold_id else ()
    patient = (request.patient,) if request.patient else ()
    return (*request.outcome_columns, *request.names, *fold, *patient)


def _names(text: str) -> list[str]:
    """Return the names of a comma list."""
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise argparse.ArgumentTypeError("an empty name in a comma list")
    return names


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 < value <= 1.0:
        raise argparse.ArgumentTypeError("a P value above 0 and up to 1 is expected")
    return value


def _references(text: str) -> list[tuple[str, str]]:
    """Return variable and level of each part of a comma list."""
    found = []
    for part in text.split(","):
        variable, _, level = part.partition("=")
        if not variable.strip() or not level.strip():
            raise argparse.ArgumentTypeError("VAR=LEVEL is expected, for example sex=male")
        found.append((variable.strip(), level.strip()))
    return found


def _content(report: AssociationReport, notices: tuple[Notice, ...]) -> Mapping[str, object]:
    return {
        "schema": SCHEMA,
        "research_use_only": True,
        "warnings": warning_list(notices),
        **association_json(report),
    }


def _in_words(report: AssociationReport, notices: tuple[Notice, ...]) -> Iterator[str]:
    yield from association_lines(report, language())
    for warning in warning_list(notices):
        yield warning["message"]
    yield sentence(RESEARCH_USE_CODE, language())
