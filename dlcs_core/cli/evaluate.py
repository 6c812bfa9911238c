"""``evaluate response`` and ``evaluate survival``: does a model hold in this cohort."""

import argparse
import importlib
from types import ModuleType

KINDS = {
    "response": "discrimination, calibration and decision curve of scores for good response",
    "survival": "Kaplan-Meier, concordance, time-dependent AUC and Brier score",
}
"""What can be evaluated and its line of help; ``evaluate_<kind>.py`` holds the rest."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the kinds of evaluation, each with its own options."""
    kinds = parser.add_subparsers(metavar="|".join(KINDS), dest="kind", required=True)
    for name, summary in KINDS.items():
        kind = kinds.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        _module(name).add_arguments(kind)


def run(arguments: argparse.Namespace) -> int:
    """Evaluate what was asked for.

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
    DlcsError
        If the table cannot be used, or the asked result is impossible on it.
    """
    return int(_module(arguments.kind).run(arguments))


def _module(kind: str) -> ModuleType:
    return importlib.import_module(f"dlcs_core.cli.evaluate_{kind}")
