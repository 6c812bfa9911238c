"""Table 1 of the paper as printed: counts and moments by cohort and response.

Pairs are ``(poor, good)``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

Pair = tuple[float, float]
Counts = tuple[int, int, int]


@dataclass(frozen=True)
class PaperCohort:
    """One column pair of Table 1, as printed: counts and (mean, SD), each ``(poor, good)``.

    ``bmi`` counts are below 18.5, to 23.9, from 24.0; markers are (positive, negative, unknown).
    """

    patients: tuple[int, int]
    age_from_60: Pair
    female: Pair
    bmi: tuple[Counts, Counts]
    location: tuple[tuple[int, int, int, int], tuple[int, int, int, int]]
    diameter_above_5: Pair
    diameter_known: Pair
    borrmann_iii_iv: Pair
    ct_t1_t2: Pair
    cn_n0_n1: Pair
    cm_m1: Pair
    moderate_well: Pair
    other_type: Pair
    cea: tuple[Counts, Counts]
    ca125: tuple[Counts, Counts]
    afp: tuple[Counts, Counts]
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
