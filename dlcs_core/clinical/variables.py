"""The one list of the 22 clinical variables: names, units, levels, limits and unit traps.

Pages, nomogram, tables, command line and documentation read it. Limits and traps follow the
laboratory ranges in use at Chinese hospitals; a hard limit is what no patient has, a soft limit
what few patients have.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Limits = tuple[float, float]


@dataclass(frozen=True)
class UnitTrap:
    """A unit that is often entered by mistake.

    Attributes
    ----------
    entered : tuple of float
        Values (inclusive) that betray the slip, where they lie outside the soft limits.
    unit : str
        Symbol of the unit that was probably meant; ``""`` where no conversion exists.
    factor : float or None
        Entered value times ``factor`` is the value in the variable's unit.
    code : str
        Stable name of the slip; with ``factor`` the generic ``"unit_slip"``.
    """

    entered: Limits
    unit: str = ""
    factor: float | None = None
    code: str = "unit_slip"


@dataclass(frozen=True)
class Variable:
    """One clinical variable, recorded before treatment.

    Attributes
    ----------
    name : str
        Name in forms, tables and JSON; the unit is its suffix.
    kind : {"continuous", "categorical"}
        How models code it.
    unit : str
        Unit symbol; ``""`` for a categorical variable.
    levels : tuple of str
        Levels in display order, the first is the reference level; ``()`` when continuous.
    hard_limits, soft_limits : tuple of float or None
        Inclusive. Outside hard: refused; outside soft: a warning.
    whole : bool
        True where only whole numbers make sense.
    usual : tuple of float or None
        Usual laboratory reference interval, for display only.
    traps : tuple of UnitTrap
        Unit slips to look for.
    """

    name: str
    kind: Literal["continuous", "categorical"]
    unit: str = ""
    levels: tuple[str, ...] = ()
    hard_limits: Limits | None = None
    soft_limits: Limits | None = None
    whole: bool = False
    usual: Limits | None = None
    traps: tuple[UnitTrap, ...] = ()

    @property
    def reference_level(self) -> str | None:
        """The level whose coefficient is 0; None when continuous."""
        return self.levels[0] if self.levels else None

    def level_of(self, text: str) -> str | None:
        """Return the level that a text names, or None.

        Letter case, surrounding space and compatibility forms (a full-width or a one-character
        Roman numeral) do not matter; clinical stages may carry ``c`` and the sub-stages of AJCC's
        8th edition (``cT4a`` is T4, ``N3b`` is N3). Pathological stages (``pT``, ``ypN``) are
        never mixed in.
        """
        folded = unicodedata.normalize("NFKC", text).strip().casefold()
        stage = _CLINICAL_STAGE.fullmatch(folded)
        folded = (stage["whole"] or stage["split"]) if stage else folded
        return next((level for level in self.levels if level.casefold() == folded), None)

    def trap_of(self, value: float) -> UnitTrap | None:
        """Return the unit slip that explains a value, or None."""
        return next((t for t in self.traps if t.entered[0] <= value <= t.entered[1]), None)


# Only these sub-stages exist in the 8th edition; T2a and T2b of older editions meant something
# else and are refused.
_CLINICAL_STAGE = re.compile(r"c?(?:(?P<split>t[14]|n3)[ab]|(?P<whole>t[1-4]|n[0-3]|m[01]))")

_MARKER_LEVELS = ("negative", "positive", "unknown")


def _categorical(name: str, *levels: str) -> Variable:
    return Variable(name, "categorical", levels=levels)


def _continuous(
    name: str,
    unit: str,
    hard: Limits,
    soft: Limits,
    *traps: UnitTrap,
    whole: bool = False,
    usual: Limits | None = None,
) -> Variable:
    return Variable(name, "continuous", unit, (), hard, soft, whole, usual, traps)


VARIABLES: tuple[Variable, ...] = (
    _continuous(
        "age_years", "years", (18, 100), (25, 85),
        UnitTrap((1900, 2026), code="birth_year"),
        UnitTrap((6_570, 36_525), "d", 1 / 365.25),
    ),
    _categorical("sex", "female", "male"),
    _continuous("bmi_kg_m2", "kg/m2", (10, 60), (15, 40), UnitTrap((140, 210), code="height_cm")),
    _categorical("tumor_location", "upper", "middle", "lower", "whole"),
    _continuous("max_diameter_cm", "cm", (0.1, 20), (0.1, 12), UnitTrap((12, 200), "mm", 0.1)),
    _continuous("wall_thickness_cm", "cm", (0.1, 6), (0.1, 4), UnitTrap((4, 60), "mm", 0.1)),
    _categorical("borrmann_type", "I", "II", "III", "IV"),
    _categorical("ct_stage", "T1", "T2", "T3", "T4"),
    _categorical("cn_stage", "N0", "N1", "N2", "N3"),
    _categorical("cm_stage", "M0", "M1"),
    _categorical("differentiation", "poor", "poor_moderate", "moderate", "well"),
    _categorical("src_component", "no", "yes"),
    _categorical("cea", *_MARKER_LEVELS),
    _categorical("ca125", *_MARKER_LEVELS),
    _categorical("afp", *_MARKER_LEVELS),
    _continuous(
        "neutrophils_1e9_l", "10^9/L", (0.1, 50), (1, 15),
        UnitTrap((1_000, 50_000), "/uL", 0.001),
        UnitTrap((25, 95), code="neutrophil_percent"),
        usual=(1.8, 6.3),
    ),
    _continuous(
        "lymphocytes_percent", "%", (0, 100), (5, 60),
        UnitTrap((0.04, 0.7), "0-1", 100),
        usual=(20, 50),
    ),
    _continuous(
        "plateletcrit_percent", "%", (0.01, 1.5), (0.08, 0.6),
        UnitTrap((0.0005, 0.01), "0-1", 100),
        UnitTrap((0.6, 1000), code="procalcitonin"),
        UnitTrap((0.01, 0.08), code="procalcitonin"),
        usual=(0.1, 0.3),
    ),
    _continuous(
        "albumin_g_l", "g/L", (10, 65), (25, 55),
        UnitTrap((1, 7), "g/dL", 10),
        usual=(40, 55),
    ),
    _continuous(
        "glucose_mmol_l", "mmol/L", (1, 60), (3, 20),
        UnitTrap((40, 1000), "mg/dL", 1 / 18),
        usual=(3.9, 6.1),
    ),
    _continuous("enlarged_lymph_nodes", "count", (0, 60), (0, 30), whole=True),
    _categorical(
        "pathological_type", "adenocarcinoma", "mucinous", "signet_ring", "squamous", "other"
    ),
)  # fmt: skip
"""All 22, in the order of the contract; every table and form follows it."""

VARIABLE_BY_NAME: Mapping[str, Variable] = MappingProxyType({v.name: v for v in VARIABLES})
