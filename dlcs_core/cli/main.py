"""The command line: finds the verb, runs it, and turns every way of failing into one line."""

import argparse
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

from dlcs_core import __version__
from dlcs_core.cli.console import one_line, quiet_libraries, refusal_line
from dlcs_core.cli.failures import as_refusal
from dlcs_core.cli.isolation import run_isolated
from dlcs_core.errors import DlcsError, UsageError

VERBS = {
    "predict": "assess one case",
    "batch": "assess every patient of a manifest",
    "preprocess": "write the network's input of one case",
    "evaluate": "test the response or the survival model in a cohort",
    "recalibrate": "adjust a model's probabilities to local patients",
    "associate": "relate variables to response or survival",
    "table1": "describe and compare groups of patients",
    "synthesize": "draw a phantom cohort",
    "bundle": "verify or show a trained model",
}
"""Verb to its line of help; ``dlcs_core/cli/<verb>.py`` holds the rest."""

ISOLATED_VERBS = ("predict", "preprocess")
"""Verbs that read one untrusted image and end; ``batch`` has worker processes of its own."""

EXIT_REFUSED = 2
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141
DEBUG_VARIABLE = "DLCS_DEBUG"


class _Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are refusals like any other."""

    def error(self, message: str) -> NoReturn:
        raise UsageError("usage_not_understood", problem=one_line(message), program=self.prog)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; ``sys.argv`` by default.

    Returns
    -------
    int
        Exit status: 0 with the result on stdout, 2 with one line on stderr, 130 when interrupted.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        verb, parsed = _parse(given)
        if parsed.verb in ISOLATED_VERBS and not os.environ.get(DEBUG_VARIABLE):
            return run_isolated(lambda: _run(verb, parsed))
    except DlcsError as error:
        return _refuse(error)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return _run(verb, parsed)


def _run(verb: ModuleType, parsed: argparse.Namespace) -> int:
    """Run a verb in silence; never raises."""
    try:
        with quiet_libraries():
            return _run_verb(verb, parsed)
    except DlcsError as error:
        return _refuse(error)
    except BrokenPipeError:
        return EXIT_BROKEN_PIPE
    except OSError as error:  # the result could not be written out
        return _refuse(as_refusal(error))
    except KeyboardInterrupt:
        return _refuse(UsageError("interrupted"))


def _run_verb(verb: ModuleType, parsed: argparse.Namespace) -> int:
    """Run a verb; what is not a refusal already becomes one here."""
    try:
        return int(verb.run(parsed))
    except BrokenPipeError:
        raise
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE) and not isinstance(error, DlcsError):
            traceback.print_exc()
        raise as_refusal(error) from error


def _refuse(error: DlcsError) -> int:
    if sys.stderr is not None:  # closed by the caller: ``print`` would take stdout instead
        print(refusal_line(error), file=sys.stderr)
    return EXIT_INTERRUPTED if error.code == "interrupted" else EXIT_REFUSED


def _parse(given: Sequence[str]) -> tuple[ModuleType, argparse.Namespace]:
    """Return the verb's module and its arguments; only that verb's file is imported."""
    parser = _Parser(prog="python -m dlcs_core", description=_description(), allow_abbrev=False)
    parser.add_argument("--version", action="version", version=__version__)
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    chosen = next((text for text in given if not text.startswith("-")), None)
    module = importlib.import_module(f"dlcs_core.cli.{chosen}") if chosen in VERBS else None
    for name, summary in VERBS.items():
        sub = verbs.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        if module and name == chosen:
            module.add_arguments(sub)
    parsed = parser.parse_args(given)
    if module is None:
        raise UsageError("usage_not_understood", problem="no verb", program=parser.prog)
    return module, parsed


def _description() -> str:
    return (
        "Response to neoadjuvant chemotherapy and survival from CT in gastric cancer. "
        "Research use only. Not a medical device; not for diagnosis or treatment decisions."
    )
