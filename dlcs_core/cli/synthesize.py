"""``synthesize``: make a synthetic cohort whose best possible result is known."""

import argparse
import sys
from pathlib import Path

from dlcs_core.cli.console import language, wants_progress, write_json
from dlcs_core.synthetic.cohort import FORMATS, Synthesis, synthesize
from dlcs_core.synthetic.patients import CENTERS, SIGNALS
from dlcs_core.translation import sentence


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--patients", type=int, required=True, metavar="N")
    parser.add_argument("--seed", type=int, required=True, metavar="S")
    parser.add_argument("--centers", type=int, default=1, metavar=f"1-{len(CENTERS)}")
    parser.add_argument("--format", choices=FORMATS, default="dicom")
    parser.add_argument("--signal", choices=SIGNALS, default="planted")
    parser.add_argument("--jobs", type=int, default=-1, metavar="N")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--progress", action="store_true")


def run(arguments: argparse.Namespace) -> int:
    """Make the cohort and print what was made.

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
    SynthesisError
        If the cohort cannot be made as asked.
    """
    made = synthesize(
        arguments.out,
        patients=arguments.patients,
        seed=arguments.seed,
        centers=arguments.centers,
        file_format=arguments.format,
        signal=arguments.signal,
        progress=_show_progress if wants_progress(arguments.progress) else None,
        jobs=arguments.jobs,
    )
    if arguments.json:
        write_json(made.to_dict())
    else:
        print(_in_words(made))
    return 0


def _show_progress(done: int, total: int) -> None:
    end = "\n" if done == total else ""
    print(f"\r{done}/{total}", end=end, file=sys.stderr, flush=True)


def _in_words(made: Synthesis) -> str:
    ceiling = "-" if made.ceiling_auc is None else f"{made.ceiling_auc:.3f}"
    return sentence(
        "synthesis_done",
        language(),
        patients=made.patients,
        good_responders=made.good_responders,
        ceiling=ceiling,
    )
