"""The truth test: what is displayed of fresh phantoms, against what is true of them.

``python -m trainer demonstrate truth``. Of a phantom the probability of good response, given what
its image shows, is known exactly. Displayed probability and interval are held against it, centre
by centre; a perfect reader would display the truth itself.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlcs_core.errors import DlcsError, TrainingError
from dlcs_core.models.interval import true_logit
from dlcs_core.models.proportion import Proportion, proportion
from dlcs_core.statistics.calibration import (
    CalibrationEstimate,
    calibration_in_the_large,
    calibration_slope,
)
from dlcs_core.statistics.delong import AucEstimate, auc_estimate
from trainer.demonstrations.networks import write_numbers
from trainer.evaluation_report_document import write_document
from trainer.stages.intervals import TRUTH_OF

FEWEST = 20
"""Shown patients of both classes together that are needed for numbers."""

RESAMPLES = 1000
ROUNDING = 1e-6
"""Tables of truths are rounded to it."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
EVERYBODY = "all centres"


@dataclass(frozen=True)
class Share:
    """How much of the way from 0.5 to the best possible area, with its bootstrap interval."""

    estimate: float
    ci95: tuple[float, float]


@dataclass(frozen=True)
class ScoreTruth:
    """One displayed probability against the truth, where it was displayed.

    Attributes
    ----------
    n : int
        Patients with a displayed probability.
    auc, best : AucEstimate
        Of the displayed and of the true probability.
    slope, intercept : CalibrationEstimate
        Against the outcome; 1 and 0 are perfect.
    true_slope, true_intercept : float
        Line of the true log odds on the displayed ones.
    mean_error, mean_absolute_error : float
        Of displayed minus true probability.
    coverage : Proportion or None
        How often the displayed interval holds the truth; None where none is displayed.
    """

    n: int
    auc: AucEstimate
    best: AucEstimate
    slope: CalibrationEstimate
    intercept: CalibrationEstimate
    true_slope: float
    true_intercept: float
    mean_error: float
    mean_absolute_error: float
    coverage: Proportion | None


@dataclass(frozen=True)
class PlaceTruth:
    """One centre, or everybody.

    Attributes
    ----------
    n : int
        Patients with a network score, abstained or not.
    abstained : Proportion or None
        Of these.
    share : Share or None
        Of the network score on all of them; None where a class is too small.
    scores : dict of str to ScoreTruth
        By displayed probability; only what can be estimated.
    """

    n: int
    abstained: Proportion | None
    share: Share | None
    scores: dict[str, ScoreTruth]


def run_truth(
    bundle: Path,
    out: Path,
    *,
    cohort: Path | None,
    scores: Path | None,
    patients: int,
    seed: int,
    jobs: int,
) -> dict[str, PlaceTruth]:
    """Serve fresh phantoms and write ``truth.json``, ``truth.md`` and ``truth.html``.

    Parameters
    ----------
    bundle : Path
        Trained model.
    out : Path
        Folder of the phantoms, of what was served and of the report.
    cohort : Path, optional
        Phantoms made by ``synthesize`` before.
    scores : Path, optional
        What ``batch`` wrote for them; it has no intervals, so that coverage is left out.
    patients : int
        How many to make, or to take of ``cohort``.
    seed : int
        Of new phantoms; not that of the bundle's own cohort.
    jobs : int
        Processes.
    """
    from trainer.demonstrations.truth_report import truth_section

    out.mkdir(parents=True, exist_ok=True)
    cohort = cohort or _phantoms(out / "cohort", patients, seed, jobs)
    if scores is None:
        from trainer.demonstrations.served import serve_cohort

        scores = out / "served.csv"
        serve_cohort(_first(cohort / "manifest.csv", patients, out), bundle, scores, jobs)
    table = read_served(cohort, scores)
    found = truth_test(table)
    numbers: dict[str, object] = {
        "demonstration": "truth",
        "places": {name: asdict(one) for name, one in found.items()},
    }
    write_numbers(out / "truth.json", numbers)
    write_document(out, "truth", "Truth test", [truth_section(table, found)])
    return found


def _phantoms(folder: Path, patients: int, seed: int, jobs: int) -> Path:
    from dlcs_core.synthetic.cohort import synthesize

    if not folder.exists():
        synthesize(folder, patients, seed, centers=6, file_format="nifti", jobs=jobs)
    return folder


def _first(manifest: Path, patients: int, out: Path) -> Path:
    """Return a manifest of so many patients, drawn evenly; paths in it are absolute."""
    if not manifest.is_file():
        raise TrainingError("demonstration_truth_missing", file=manifest.name)
    table = pd.read_csv(manifest, dtype=str, keep_default_na=False)
    if len(table) > patients:
        table = table.iloc[np.linspace(0, len(table) - 1, patients).round().astype(int)]
    for column in ("image", "mask"):
        table[column] = [str((manifest.parent / path).resolve()) for path in table[column]]
    chosen = out / "served_manifest.csv"
    table.to_csv(chosen, index=False)
    return chosen


def read_served(cohort: Path, scores: Path) -> pd.DataFrame:
    """Return centre, outcome, truth and what was displayed, one row a patient.

    Raises
    ------
    TrainingError
        If a table is missing, or hardly any patient of the cohort has a score.
    """
    for name in ("manifest.csv", "truth.csv"):
        if not (cohort / name).is_file():
            raise TrainingError("demonstration_truth_missing", file=name)
    manifest = pd.read_csv(cohort / "manifest.csv", dtype={"patient_id": str})
    truth = pd.read_csv(cohort / "truth.csv", dtype={"patient_id": str})
    served = pd.read_csv(scores, dtype={"patient_id": str})
    table = manifest[["patient_id", "center", "good_response"]].merge(
        truth[["patient_id", *TRUTH_OF.values()]], on="patient_id"
    )
    table = table.merge(served, on="patient_id")
    table = table[table["dl_score"].notna()].reset_index(drop=True)
    response = table["good_response"].astype(bool)
    if min(len(table) // 2, response.sum(), (~response).sum()) < FEWEST // 2:
        raise TrainingError("demonstration_scores_missing", found=len(table), needed=FEWEST)
    return table


def truth_test(table: pd.DataFrame) -> dict[str, PlaceTruth]:
    """Hold what was displayed against the truth, for everybody and by centre.

    Parameters
    ----------
    table : DataFrame
        As :func:`read_served`.
    """
    found = {EVERYBODY: _place(table)}
    centers = sorted(table["center"].astype(str).unique())
    if len(centers) > 1:
        for center in centers:
            found[center] = _place(table[table["center"].astype(str) == center])
    return found


def _place(table: pd.DataFrame) -> PlaceTruth:
    response = table["good_response"].to_numpy(bool)
    abstained = (table["status"] == "abstained").to_numpy()
    scores = {}
    for name, truth in TRUTH_OF.items():
        one = _score(table, name, truth)
        if one is not None:
            scores[name] = one
    return PlaceTruth(
        len(table),
        proportion(int(abstained.sum()), len(table)),
        share_of_the_way(
            response, table["dl_score"].to_numpy(float), table["bayes_score"].to_numpy(float)
        ),
        scores,
    )


def share_of_the_way(response: Bools, score: Floats, best: Floats) -> Share | None:
    """Return (AUC - 0.5) / (best AUC - 0.5) with a percentile interval over patients."""
    if min(response.sum(), (~response).sum()) < FEWEST // 2:
        return None

    def share(rows: NDArray[np.int64]) -> float:
        own = auc_estimate(response[rows], score[rows]).auc
        return (own - 0.5) / (auc_estimate(response[rows], best[rows]).auc - 0.5)

    rng = np.random.default_rng(0)
    n = len(response)
    drawn = (rng.integers(n, size=n) for _ in range(RESAMPLES))
    found = [share(rows) for rows in drawn if 0 < response[rows].sum() < n]
    low, high = np.quantile(found, [0.025, 0.975])
    return Share(share(np.arange(n)), (float(low), float(high)))


def _score(table: pd.DataFrame, name: str, truth: str) -> ScoreTruth | None:
    """Compare one displayed probability; None where too few patients have it."""
    shown = table[table[name].notna() & (table["status"] == "ok")]
    response = shown["good_response"].to_numpy(bool)
    if len(shown) < FEWEST or min(response.sum(), (~response).sum()) < 2:
        return None
    displayed, true = shown[name].to_numpy(float), shown[truth].to_numpy(float)
    try:
        slope = calibration_slope(response, displayed)
        intercept = calibration_in_the_large(response, displayed)
    except DlcsError:
        return None
    line = np.polyfit(true_logit(displayed), true_logit(true), 1)
    return ScoreTruth(
        len(shown),
        auc_estimate(response, displayed),
        auc_estimate(response, true),
        slope,
        intercept,
        float(line[0]),
        float(line[1]),
        float(np.mean(displayed - true)),
        float(np.mean(np.abs(displayed - true))),
        _coverage(shown, name, true),
    )


def _coverage(shown: pd.DataFrame, name: str, true: Floats) -> Proportion | None:
    """Count how often the displayed interval holds the truth."""
    if f"{name}_low" not in shown:
        return None
    low, high = (shown[f"{name}_{end}"].to_numpy(float) for end in ("low", "high"))
    known = np.isfinite(low) & np.isfinite(high)
    held = (low - ROUNDING <= true) & (true <= high + ROUNDING)
    return proportion(int(held[known].sum()), int(known.sum()))
