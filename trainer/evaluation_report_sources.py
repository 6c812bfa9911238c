"""What an evaluation report is made from: a bundle, its run, its cache, and folders of others."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dlcs_core.bundle.reader import Bundle, read_bundle
from dlcs_core.errors import TrainingError
from trainer.cache import TrainingCache, read_cache
from trainer.train import SCORES_FILE

COHORT_WORDS = {
    "training": "training, out of fold",
    "internal_validation": "internal validation",
    "external_validation": "external validation",
}


@dataclass(frozen=True)
class ReportSources:
    """Where everything lies.

    Attributes
    ----------
    bundle, run, cache : Path
        Of one fit.
    ablation, audit, cam, truth_test, liar, leak : Path, optional
        Folders written by the trainer's other verbs; included where given.
    """

    bundle: Path
    run: Path
    cache: Path
    ablation: Path | None = None
    audit: Path | None = None
    cam: Path | None = None
    truth_test: Path | None = None
    liar: Path | None = None
    leak: Path | None = None


@dataclass(frozen=True)
class ReportMaterial:
    """The same, opened.

    Attributes
    ----------
    bundle : Bundle
        Verified.
    cache : TrainingCache
        Images.
    table : DataFrame
        The cohort with every score, in the cache's order; out-of-fold in training.
    """

    bundle: Bundle
    cache: TrainingCache
    table: pd.DataFrame

    def cohorts(self) -> dict[str, pd.DataFrame]:
        """Return the patients of each cohort that is there."""
        found = {name: self.table[self.table["cohort"] == name] for name in COHORT_WORDS}
        return {name: rows for name, rows in found.items() if len(rows)}


def open_sources(sources: ReportSources) -> ReportMaterial:
    """Read bundle, scores and cache.

    Raises
    ------
    TrainingError
        If the run is not finished or does not belong to the cache.
    """
    from dlcs_core.clinical.cohort import read_cohort

    scores = sources.run / SCORES_FILE
    if not scores.is_file():
        raise TrainingError("report_run_missing", file=SCORES_FILE)
    bundle, cache = read_bundle(sources.bundle), read_cache(sources.cache)
    table = read_cohort(scores).table
    if table["patient_id"].astype(str).tolist() != cache.table["patient_id"].tolist():
        raise TrainingError("report_cohort_differs")
    return ReportMaterial(bundle, cache, table)
