"""The leak theatre: one cohort, the paper's habits and the honest ones side by side.

``python -m trainer demonstrate leak``. The habits: the epoch with the best validation area is
kept and the best fold reported; the fusion is fitted on in-sample signatures; intervals are
computed on the set that was oversampled to 1:1; survival is split 8:2 once, after screening on
everybody. Each is done to the same networks or patients as its honest counterpart.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import DlcsError
from dlcs_core.statistics.delong import AucEstimate, auc_estimate
from dlcs_core.statistics.survival_metrics import harrell_c
from trainer.ablation_arms import ARMS
from trainer.ablation_result import ArmRun
from trainer.cache import TrainingCache, read_cache
from trainer.config import TrainingConfig
from trainer.demonstrations.networks import (
    auc_words,
    budget,
    pooled_out_of_fold,
    random_folds,
    train_folds,
    write_numbers,
)
from trainer.evaluation_report_document import (
    Block,
    Picture,
    Section,
    Table,
    svg_bytes,
    write_document,
)
from trainer.fusion_leak import LeakRow, fusion_leak
from trainer.stages.dl_signature import DlSignatureResult

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class EpochChoice:
    """One way to choose the epoch.

    Attributes
    ----------
    by_fold : list of float
        Area of each network on the fold it did not train on.
    out_of_fold : AucEstimate
        Pooled over the folds.
    unseen : AucEstimate or None
        Of the mean of the networks on cohorts that nothing was chosen on.
    """

    by_fold: list[float]
    out_of_fold: AucEstimate
    unseen: AucEstimate | None

    @property
    def best_fold(self) -> float:
        """What a paper that keeps the best fold reports."""
        return max(self.by_fold)


@dataclass(frozen=True)
class Intervals:
    """Interval of one area, on the patients and on the set repeated to 1:1."""

    patients: AucEstimate
    balanced: AucEstimate

    @property
    def width_ratio(self) -> float:
        """Width of the second as a part of the first."""
        wide, narrow = self.patients.se or 0.0, self.balanced.se or 0.0
        return narrow / wide if wide else 1.0


@dataclass(frozen=True)
class LeakTheatre:
    """Everything side by side.

    Attributes
    ----------
    paper, honest : EpochChoice
        Best epoch on the validation fold; last epoch of a fixed schedule.
    fusion : list of LeakRow
        In-sample, out-of-fold; may be empty.
    intervals : Intervals
        Of the honest out-of-fold area.
    survival : dict or None
        Harrell's C by split; None where it cannot be fitted.
    """

    paper: EpochChoice
    honest: EpochChoice
    fusion: list[LeakRow]
    intervals: Intervals
    survival: dict[str, Any] | None


def run_leak(cache_directory: Path, out: Path, config: TrainingConfig, jobs: int) -> LeakTheatre:
    """Train both ways on one cohort and write ``leak.*``.

    Parameters
    ----------
    cache_directory : Path
        Written by ``prepare``.
    out : Path
        Folder of networks and report.
    config : TrainingConfig
        A short recipe; the choice of the epoch is the demonstration's.
    jobs : int
        Folds at a time.
    """
    out.mkdir(parents=True, exist_ok=True)
    cache = read_cache(cache_directory)
    found = leak_theatre(cache, config, out / "networks", jobs)
    numbers: dict[str, object] = {
        "demonstration": "leak",
        "budget": budget(config, len(cache.table)),
        **asdict(found),
        "best_fold": {"paper": found.paper.best_fold, "honest": found.honest.best_fold},
        "interval_width_ratio": found.intervals.width_ratio,
    }
    write_numbers(out / "leak.json", numbers)
    section = leak_section(found, budget(config, len(cache.table)))
    write_document(out, "leak", "Leak theatre", [section])
    return found


def leak_theatre(
    cache: TrainingCache, config: TrainingConfig, folder: Path, jobs: int
) -> LeakTheatre:
    """Train both ways and compare."""
    fold = random_folds(cache, config)
    response = cache.table["good_response"].to_numpy(bool)
    made = config.optimization
    chosen = replace(made, selection="best_validation_auc", patience_epochs=made.epochs)
    last = replace(made, selection="last_epoch", patience_epochs=0)
    _, best = train_folds(
        cache, replace(config, optimization=chosen), fold, folder / "best_epoch", jobs
    )
    stage, result = train_folds(
        cache, replace(config, optimization=last), fold, folder / "last_epoch", jobs
    )
    run = ArmRun(ARMS[0], fold[None], result.logits[None], 0)
    rows = fold >= 0
    return LeakTheatre(
        _choice(best, response),
        _choice(result, response),
        fusion_leak(cache, stage, run),
        interval_widths(response[rows], pooled_out_of_fold(result)[rows]),
        _survival(cache, result, config),
    )


def _choice(result: DlSignatureResult, response: Bools) -> EpochChoice:
    rows = result.fold >= 0
    pooled = pooled_out_of_fold(result)
    by_fold = [
        auc_estimate(response[result.fold == k], pooled[result.fold == k]).auc
        for k in range(len(result.logits))
    ]
    unseen = None
    if min(response[~rows].sum(), (~response[~rows]).sum()) >= 2:
        unseen = auc_estimate(response[~rows], result.logits[:, ~rows].mean(0))
    return EpochChoice(by_fold, auc_estimate(response[rows], pooled[rows]), unseen)


def interval_widths(response: Bools, score: NDArray[np.float64]) -> Intervals:
    """Compute an area's interval on the patients, and with the rarer class repeated to 1:1.

    Parameters
    ----------
    response : bool array (n_patients,)
        Outcome.
    score : float64 array (n_patients,)
        Any scale.
    """
    rare = response if response.mean() <= 0.5 else ~response
    few, many = np.flatnonzero(rare), np.flatnonzero(~rare)
    rows = np.concatenate([many, np.resize(few, len(many))])
    return Intervals(auc_estimate(response, score), auc_estimate(response[rows], score[rows]))


def _survival(
    cache: TrainingCache, result: DlSignatureResult, config: TrainingConfig
) -> dict[str, Any] | None:
    """Harrell's C out of fold, corrected for optimism, and of the paper's split."""
    from dlcs_core.clinical.cohort import read_cohort
    from trainer.stages.calibrated_signature import calibrate_signature
    from trainer.stages.survival import fit_survival_stage
    from trainer.stages.survival_evidence import survival_evidence

    table = read_cohort(cache.directory / "table.csv").table
    if "os_months" not in table:
        return None
    try:
        signature = calibrate_signature(result, table).probability
        model, risk = fit_survival_stage(table, signature, result.fold)
    except DlcsError:
        return None  # too few deaths in a tiny cohort
    scored = table.assign(dl_signature=signature, os_linear_predictor=risk)
    found = survival_evidence(
        scored, model, result.fold, config.later.optimism_resamples, config.seed
    )
    training = scored[result.fold >= 0][["os_months", "os_event", "os_linear_predictor"]]
    known = training.astype(float).dropna()
    return {
        "paper_split": found["paper_split"],
        "optimism": found["optimism"] and found["optimism"]["c_index"],
        "out_of_fold_c": harrell_c(
            known["os_months"].to_numpy(),
            known["os_event"].to_numpy(bool),
            known["os_linear_predictor"].to_numpy(),
        ).c_index,
    }


def leak_section(found: LeakTheatre, spent: str) -> Section:
    """Word the comparison."""
    blocks: list[Block] = [
        spent,
        "The left column is what the paper's habits report, the right one what the same patients "
        "and networks give without them. Cohorts that nothing was chosen on are the judge.",
        Table(("question", "as the paper does", "honest"), tuple(_rows(found))),
        Picture("leak", draw_leak(found), "svg", "What is reported, and what unseen patients give"),
    ]
    return Section("Leak theatre: the paper's habits and honest ones", tuple(blocks))


def _rows(found: LeakTheatre) -> list[tuple[str, str, str]]:
    paper, honest, widths = found.paper, found.honest, found.intervals
    rows = [
        ("AUC of the best fold", f"{paper.best_fold:.3f}", f"{honest.best_fold:.3f}"),
        ("AUC out of fold, pooled", auc_words(paper.out_of_fold), auc_words(honest.out_of_fold)),
        ("AUC on unseen cohorts", _or_dash(paper.unseen), _or_dash(honest.unseen)),
        (
            "standard error of the out-of-fold AUC (1:1 set; patients)",
            _error(widths.balanced),
            _error(widths.patients),
        ),
    ]
    if found.fusion:
        learnt, out_of_fold = found.fusion
        rows += [
            ("fused AUC where it was fitted", auc_words(learnt.training),
             auc_words(out_of_fold.training)),
            ("fused AUC on unseen cohorts", auc_words(learnt.unseen),
             auc_words(out_of_fold.unseen)),
            ("calibration slope of the fusion on unseen cohorts", f"{learnt.slope:.2f}",
             f"{out_of_fold.slope:.2f}"),
        ]  # fmt: skip
    return rows + _survival_rows(found.survival)


def _survival_rows(survival: dict[str, Any] | None) -> list[tuple[str, str, str]]:
    if not survival or not survival["paper_split"]:
        return []
    split, optimism = survival["paper_split"], survival["optimism"]
    test = split["test_c_index"]
    honest = f"out of fold {survival['out_of_fold_c']:.3f}"
    if optimism:
        honest += f"; corrected for optimism {optimism['corrected']:.3f}"
    spread = f"mean of {split['splits']} splits {test['mean']:.3f}, SD {test['sd']:.3f}"
    first = split["first_split"]["test_c_index"]
    return [("Harrell's C (8:2 split; out of fold)", f"one split {first:.3f}; {spread}", honest)]


def _error(area: AucEstimate) -> str:
    return "-" if area.se is None else f"{area.se:.4f}"


def _or_dash(area: AucEstimate | None) -> str:
    return "-" if area is None else auc_words(area)


def draw_leak(found: LeakTheatre) -> bytes:
    """Draw the reported area beside the one on unseen patients, both ways."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 2.9), layout="constrained")
    axis = figure.subplots()
    for number, (name, one, color) in enumerate(
        (("as the paper does", found.paper, "#d8576b"), ("honest", found.honest, "#31688e"))
    ):
        shift = 0.12 * (2 * number - 1)
        areas = {"out of fold": one.out_of_fold, "unseen": one.unseen}
        axis.plot(0 + shift, one.best_fold, "D", color=color, markersize=6, label=name)
        for place, area in enumerate(areas.values(), start=1):
            if area is not None:
                axis.plot(place + shift, area.auc, "o", color=color)
                axis.plot((place + shift,) * 2, area.ci95 or (area.auc,) * 2, color=color)
    axis.set_xticks(range(3), ["best fold", "out of fold, pooled", "unseen cohorts"])
    axis.set_ylabel("AUC, 95 % interval")
    axis.axhline(0.5, color="0.6", linewidth=0.8)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False)
    return svg_bytes(figure)
