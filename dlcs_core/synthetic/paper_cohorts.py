"""Table 1 of the paper as marginal distributions, one set per cohort.

Pairs are ``(poor, good)``. What Table 1 does not split (T1 against T2, Borrmann I against II)
or does not print (wall thickness, enlarged nodes, signet ring component) is stated here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

import numpy as np
from scipy.special import ndtri

from dlcs_core.synthetic.marginals import (
    BoundedNormal,
    Continuous,
    LogNormal,
    Normal,
    Ordinal,
    Pair,
    count_distribution,
    ordinal,
)

AGE_SD_YEARS = 9.8
DIAMETER_LIMITS_CM = (1.8, 10.6)
THICKNESS_LIMITS_CM = (1.0, 4.2)
MARKERS = ("cea", "ca125", "afp")
DIFFERENTIATION_LEVELS = ("well", "moderate", "poor_moderate", "poor")
"""Increasing normal score is decreasing differentiation."""


@dataclass(frozen=True)
class PaperCohort:
    """One column pair of Table 1, as printed: counts and (mean, SD), each ``(poor, good)``.

    ``bmi`` counts are below 18.5, to 23.9, from 24.0; markers are (positive, negative, unknown).
    """

    patients: tuple[int, int]
    age_from_60: Pair
    female: Pair
    bmi: tuple[tuple[int, int, int], tuple[int, int, int]]
    location: tuple[tuple[int, int, int, int], tuple[int, int, int, int]]
    diameter_above_5: Pair
    diameter_known: Pair
    borrmann_iii_iv: Pair
    ct_t1_t2: Pair
    cn_n0_n1: Pair
    cm_m1: Pair
    moderate_well: Pair
    other_type: Pair
    cea: tuple[tuple[int, int, int], tuple[int, int, int]]
    ca125: tuple[tuple[int, int, int], tuple[int, int, int]]
    afp: tuple[tuple[int, int, int], tuple[int, int, int]]
    albumin: tuple[Pair, Pair]
    plateletcrit: tuple[Pair, Pair]
    lymphocytes: tuple[Pair, Pair]
    glucose: tuple[Pair, Pair]
    neutrophils: tuple[Pair, Pair]

    @property
    def prevalence(self) -> float:
        """Share of good responders."""
        return self.patients[1] / sum(self.patients)


TRAINING = PaperCohort(
    patients=(502, 162),
    age_from_60=(283, 90),
    female=(132, 42),
    bmi=((44, 338, 113), (21, 115, 25)),
    location=((149, 113, 194, 46), (50, 37, 62, 13)),
    diameter_above_5=(359, 93),
    diameter_known=(498, 162),
    borrmann_iii_iv=(282, 91),
    ct_t1_t2=(26, 20),
    cn_n0_n1=(100, 38),
    cm_m1=(89, 22),
    moderate_well=(90, 35),
    other_type=(8, 1),
    cea=((152, 336, 14), (39, 121, 2)),
    ca125=((52, 443, 7), (14, 147, 1)),
    afp=((42, 446, 14), (15, 144, 3)),
    albumin=((40.07, 39.50), (4.29, 4.32)),
    plateletcrit=((0.24, 0.25), (0.08, 0.08)),
    lymphocytes=((27.43, 27.88), (8.70, 8.68)),
    glucose=((5.62, 5.46), (1.39, 1.24)),
    neutrophils=((4.04, 4.08), (1.96, 1.90)),
)

INTERNAL_VALIDATION = PaperCohort(
    patients=(102, 29),
    age_from_60=(61, 16),
    female=(26, 10),
    bmi=((11, 66, 25), (3, 22, 4)),
    location=((37, 25, 29, 11), (6, 14, 9, 0)),
    diameter_above_5=(83, 22),
    diameter_known=(102, 29),
    borrmann_iii_iv=(60, 18),
    ct_t1_t2=(12, 5),
    cn_n0_n1=(28, 7),
    cm_m1=(14, 3),
    moderate_well=(13, 6),
    other_type=(3, 1),
    cea=((40, 60, 2), (10, 16, 3)),
    ca125=((23, 79, 0), (3, 25, 1)),
    afp=((9, 91, 2), (2, 23, 4)),
    albumin=((39.84, 39.99), (4.48, 4.63)),
    plateletcrit=((0.25, 0.26), (0.09, 0.06)),
    lymphocytes=((25.99, 27.88), (9.96, 9.51)),
    glucose=((5.74, 5.60), (1.65, 1.34)),
    neutrophils=((4.07, 3.90), (2.00, 1.57)),
)

EXTERNAL_VALIDATION = PaperCohort(
    patients=(206, 59),
    age_from_60=(134, 39),
    female=(52, 13),
    bmi=((20, 135, 51), (6, 37, 16)),
    location=((33, 42, 84, 47), (13, 8, 24, 14)),
    diameter_above_5=(118, 22),
    diameter_known=(206, 59),
    borrmann_iii_iv=(184, 43),
    ct_t1_t2=(2, 10),
    cn_n0_n1=(24, 16),
    cm_m1=(11, 0),
    moderate_well=(46, 14),
    other_type=(3, 4),
    cea=((73, 131, 2), (23, 36, 0)),
    ca125=((31, 173, 2), (8, 51, 0)),
    afp=((19, 179, 8), (10, 49, 0)),
    albumin=((38.64, 38.66), (5.54, 6.27)),
    plateletcrit=((0.25, 0.29), (0.08, 0.09)),
    lymphocytes=((25.70, 24.12), (9.70, 10.03)),
    # Printed 6.54 +- 12.62: a typing error or one gross outlier; 5.9 +- 1.7 stands in for it.
    glucose=((5.90, 6.26), (1.70, 1.77)),
    neutrophils=((4.06, 4.44), (1.81, 1.75)),
)

PAPER_COHORTS: Mapping[str, PaperCohort] = MappingProxyType(
    {
        "training": TRAINING,
        "internal_validation": INTERNAL_VALIDATION,
        "external_validation": EXTERNAL_VALIDATION,
    }
)

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
        counts = [max(lower[k], 0.3) * share / 100 for share in lower_shares]
        counts += [max(upper[k], 0.3) * share / 100 for share in upper_shares]
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


def _marker(counts: tuple[tuple[int, int, int], tuple[int, int, int]]) -> Ordinal:
    poor, good = ((negative, positive) for positive, negative, _ in counts)
    return ordinal(("negative", "positive"), poor, good)


def _unknown_share(counts: tuple[tuple[int, int, int], tuple[int, int, int]]) -> Pair:
    poor, good = (max(each[2], 0.3) / sum(each) for each in counts)
    return poor, good
