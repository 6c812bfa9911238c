"""``python -m trainer demonstrate``: options to demonstrations."""

import argparse
from dataclasses import replace
from pathlib import Path

from dlcs_core.errors import UsageError
from trainer.config import TrainingConfig, read_config

TRUTH_PATIENTS, LIAR_PATIENTS = 2000, 300
"""By default."""


def demonstrate(options: argparse.Namespace) -> None:
    """Run the demonstration that was asked for.

    Raises
    ------
    UsageError
        If an option that it needs is missing.
    """
    {"truth": _truth, "liar": _liar, "leak": _leak}[options.which](options)


def _truth(options: argparse.Namespace) -> None:
    from trainer.demonstrations.truth import run_truth

    run_truth(
        _needed(options, "bundle"),
        options.out,
        cohort=options.cohort,
        scores=options.scores,
        patients=options.patients or TRUTH_PATIENTS,
        seed=options.seed,
        jobs=options.jobs,
    )


def _liar(options: argparse.Namespace) -> None:
    from trainer.demonstrations.liar import run_liar

    patients = options.patients or LIAR_PATIENTS
    run_liar(options.out, _recipe(options), patients=patients, seed=options.seed, jobs=options.jobs)


def _leak(options: argparse.Namespace) -> None:
    from trainer.demonstrations.leak import run_leak

    run_leak(_needed(options, "cache"), options.out, _recipe(options), options.jobs)


def _recipe(options: argparse.Namespace) -> TrainingConfig:
    config = read_config(options.config)
    return replace(config, folds=options.folds) if options.folds else config


def _needed(options: argparse.Namespace, name: str) -> Path:
    found: Path | None = getattr(options, name)
    if found is None:
        raise UsageError("demonstration_needs", demonstration=options.which, option=f"--{name}")
    return found
