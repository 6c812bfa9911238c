"""Rebuild the shipped demo from seed: cohort, cache, bundle, cohort table, demo cases.

``python -m trainer.demo --work DIR --assets DIR [--config demo] [--patients N] [--seed S]``. What
is already in the work folder is taken up again, so an interrupted rebuild goes on.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from dlcs_core.preprocessing.settings import PreprocessingSettings
from trainer.__main__ import run_refusing
from trainer.config import read_config
from trainer.data import prepare_cache
from trainer.progress import progress_bar
from trainer.train import SCORES_FILE, fit_bundle, run_folder

SEED = 2026
"""Seed of the shipped synthetic cohort."""

PATIENTS = {"demo": 1060, "smoke": 90}
"""Patients by configuration: the paper's number, or just enough for every stage to run."""

CENTERS = 6
SLAB_MM = 5.0
"""Slice thickness of the training centre's scanner, to which thinner slices are averaged."""

DEMO_CASES = "demo_cases"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the rebuild; return the exit status."""
    return run_refusing(lambda: _rebuild(_parse(arguments)))


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m trainer.demo", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder of intermediate results")
    parser.add_argument("--assets", type=Path, required=True, help="folder of the shipped assets")
    parser.add_argument("--config", default="demo", help="demo, smoke or a TOML file")
    parser.add_argument("--patients", type=int, help="patients of the synthetic cohort")
    parser.add_argument("--seed", type=int, default=SEED, help="seed of the synthetic cohort")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="processes")
    return parser.parse_args(arguments)


def _rebuild(options: argparse.Namespace) -> None:
    """Go through the steps, leaving out what is already there."""
    config = read_config(options.config)
    patients = options.patients or PATIENTS.get(config.name, PATIENTS["demo"])
    cohort, cache = options.work / "cohort", options.work / "cache"
    if not cohort.exists():
        synthesize_cohort(cohort, patients, options.seed)
    if not cache.exists():
        settings = PreprocessingSettings(slab_mm=SLAB_MM)
        prepare_cache(cohort / "manifest.csv", cache, settings=settings, jobs=options.jobs)
    built = options.work / "bundle"
    fit_bundle(cache, config, built, jobs=options.jobs, truth=cohort / "truth.csv")
    options.assets.mkdir(parents=True, exist_ok=True)
    replace_directory(built, options.assets / "demo_bundle")
    shutil.copyfile(run_folder(built) / SCORES_FILE, options.assets / "demo_cohort.csv")
    if not (options.assets / DEMO_CASES).exists():
        _write_cases(options.assets / DEMO_CASES)


def synthesize_cohort(out: Path, patients: int, seed: int) -> None:
    """Draw the synthetic cohort of six centres as NIfTI, which renders only the tumour's slices."""
    from dlcs_core.synthetic.cohort import synthesize

    with progress_bar(patients, "Drawing patients", "patient") as bar:

        def show(done: int, _total: int) -> None:
            bar.update(done - bar.n)

        synthesize(out, patients, seed, centers=CENTERS, file_format="nifti", progress=show)


def replace_directory(source: Path, target: Path) -> None:
    """Copy a directory beside its target, then swap: the target is never half written."""
    arriving = target.with_name(f".{target.name}.new")
    shutil.rmtree(arriving, ignore_errors=True)
    shutil.copytree(source, arriving)
    if target.exists():
        shutil.rmtree(target)
    arriving.rename(target)


def _write_cases(out: Path) -> None:
    """Write the demo cases."""
    from dlcs_core.synthetic.demo_cases import write_demo_cases

    write_demo_cases(out)


if __name__ == "__main__":
    sys.exit(main())
