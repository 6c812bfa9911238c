"""Table 1 of the paper as marginal distributions of the copula's normal scores.

What Table 1 does not split (T1 against T2, Borrmann I against II) or does not print (wall
thickness, enlarged nodes, signet ring component) is stated here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy.special import ndtri

from dlcs_core.synthetic.marginals import (
    EMPTY_CELL,
    BoundedNormal,
    Continuous,
    LogNormal,
    Normal,
    Ordinal,
    Pair,
    count_distribution,
    ordinal,
)
from dlcs_core.synthetic.paper_cohorts import PAPER_COHORTS, Counts, PaperCohort

AGE_SD_YEARS = 9.8
DIAMETER_LIMITS_CM = (1.8, 10.6)
THICKNESS_LIMITS_CM = (1.0, 4.2)
MARKERS = ("cea", "ca125", "afp")
DIFFERENTIATION_LEVELS = ("well", "moderate", "poor_moderate", "poor")
"""Increasing normal score is decreasing differentiation."""

SHOWN_BY_THE_IMAGE = (
    "max_diameter_cm",
    "wall_thickness_cm",
    "tumor_location",
    "enlarged_lymph_nodes",
)
"""Clinical variables that the phantom's pixels also tell."""


@dataclass(frozen=True)
class Marginals:
    """Distributions of one cohort's variables, in terms of the copula's normal scores."""

    continuous: Mapping[str, Continuous]
    ordinal: Mapping[str, Ordinal]
    unknown: Mapping[str, Pair]
    other_type: Pair
    prevalence: float

    def with_uninformative_image(self) -> "Marginals":
        """Return the marginals with the response taken out of what the image shows."""
        shown = SHOWN_BY_THE_IMAGE
        return replace(
            self,
            continuous={
                name: law.without_response(self.prevalence) if name in shown else law
                for name, law in self.continuous.items()
            },
            ordinal={
                name: law.without_response(self.prevalence) if name in shown else law
                for name, law in self.ordinal.items()
            },
        )


@cache
def paper_marginals(cohort: str) -> Marginals:
    """Return the marginal distributions of one of the paper's cohorts."""
    table = PAPER_COHORTS[cohort]
    return Marginals(
        continuous=_continuous(table),
        ordinal=_ordinal(table),
        unknown={name: _unknown_share(getattr(table, name)) for name in MARKERS},
        other_type=_shares(table, table.other_type),
        prevalence=table.prevalence,
    )


def _shares(table: PaperCohort, counts: Pair) -> Pair:
    poor, good = (counts[k] / table.patients[k] for k in (0, 1))
    return poor, good


def _scores(shares: Pair) -> Pair:
    return float(ndtri(shares[0])), float(ndtri(shares[1]))


def _continuous(table: PaperCohort) -> dict[str, Continuous]:
    older = _scores(_shares(table, table.age_from_60))
    means = (60 + AGE_SD_YEARS * older[0], 60 + AGE_SD_YEARS * older[1])
    thickness = Normal((-1.3347, -1.6605), (1.3, 1.3))  # means 1.85 and 1.70 cm
    return {
        "age_years": Normal(means, (AGE_SD_YEARS, AGE_SD_YEARS)),
        "bmi_kg_m2": _bmi(table),
        "max_diameter_cm": _diameter(table),
        "wall_thickness_cm": BoundedNormal(*THICKNESS_LIMITS_CM, thickness),
        "albumin_g_l": Normal(*table.albumin),
        "plateletcrit_percent": Normal(*table.plateletcrit),
        "lymphocytes_percent": Normal(*table.lymphocytes),
        "glucose_mmol_l": LogNormal.from_moments(*table.glucose),
        "neutrophils_1e9_l": LogNormal.from_moments(*table.neutrophils),
    }


def _bmi(table: PaperCohort) -> Normal:
    """Return the normal whose mass below 18.5 and from 24.0 is the printed one."""
    means, spreads = [], []
    for counts in table.bmi:
        low, high = ndtri(np.cumsum(counts)[:2] / sum(counts))
        spreads.append(float(5.5 / (high - low)))
        means.append(float(18.5 - spreads[-1] * low))
    return Normal((means[0], means[1]), (spreads[0], spreads[1]))


def _diameter(table: PaperCohort) -> BoundedNormal:
    """Return a bounded diameter with the printed share above 5 cm."""
    low, high = DIAMETER_LIMITS_CM
    five = float(np.log((5 - low) / (high - 5)))
    above = table.diameter_above_5
    shares = (above[0] / table.diameter_known[0], above[1] / table.diameter_known[1])
    scores = _scores(shares)
    return BoundedNormal(low, high, Normal((five + scores[0], five + scores[1]), (1.0, 1.0)))


def _ordinal(table: PaperCohort) -> dict[str, Ordinal]:
    return {
        "sex": _split(table, table.female, ("female",), ("male",)),
        "tumor_location": ordinal(("upper", "middle", "lower", "whole"), *table.location),
        "borrmann_type": _borrmann(table),
        "ct_stage": _split(table, table.ct_t1_t2, ("T1", "T2"), ("T3", "T4"), (15, 85), (35, 65)),
        "cn_stage": _split(table, table.cn_n0_n1, ("N0", "N1"), ("N2", "N3"), (25, 75), (45, 55)),
        "cm_stage": _split(table, _rest(table, table.cm_m1), ("M0",), ("M1",)),
        "differentiation": _split(
            table,
            table.moderate_well,
            DIFFERENTIATION_LEVELS[:2],
            DIFFERENTIATION_LEVELS[2:],
            (15, 85),
            (40, 60),
        ),
        "src_component": Ordinal(("no", "yes"), (0.75, 0.25), (0.81, 0.19)),
        "enlarged_lymph_nodes": count_distribution((3.0, 2.75), (3.1, 2.9)),
        **{name: _marker(getattr(table, name)) for name in MARKERS},
    }


def _rest(table: PaperCohort, counts: Pair) -> Pair:
    return table.patients[0] - counts[0], table.patients[1] - counts[1]


def _split(
    table: PaperCohort,
    lower: Pair,
    lower_levels: tuple[str, ...],
    upper_levels: tuple[str, ...],
    lower_shares: tuple[int, ...] = (100,),
    upper_shares: tuple[int, ...] = (100,),
) -> Ordinal:
    """Return a variable printed as two groups, each split into levels by percent."""
    upper = _rest(table, lower)
    by_class = []
    for k in (0, 1):
        counts = [max(lower[k], EMPTY_CELL) * share / 100 for share in lower_shares]
        counts += [max(upper[k], EMPTY_CELL) * share / 100 for share in upper_shares]
        by_class.append(tuple(count / sum(counts) for count in counts))
    return Ordinal(lower_levels + upper_levels, by_class[0], by_class[1])


def _borrmann(table: PaperCohort) -> Ordinal:
    """Return Borrmann I-IV: 12 % of I+II are I; IV is 22.5 % (poor) and 19 % (good)."""
    by_class = []
    for k, fourth in ((0, 0.225), (1, 0.19)):
        both = table.borrmann_iii_iv[k] / table.patients[k]
        fourth = min(fourth, 0.6 * both)
        by_class.append((0.12 * (1 - both), 0.88 * (1 - both), both - fourth, fourth))
    return Ordinal(("I", "II", "III", "IV"), by_class[0], by_class[1])


def _marker(counts: tuple[Counts, Counts]) -> Ordinal:
    poor, good = ((negative, positive) for positive, negative, _ in counts)
    return ordinal(("negative", "positive"), poor, good)


def _unknown_share(counts: tuple[Counts, Counts]) -> Pair:
    poor, good = (max(each[2], EMPTY_CELL) / sum(each) for each in counts)
    return poor, good
