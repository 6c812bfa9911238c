"""How the paper's tables code the clinical variables: cuts, merged levels, contrasts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dlcs_core.statistics.checks import FloatArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Cut:
    """A continuous variable in classes.

    Attributes
    ----------
    variable : str
        Its name.
    edges : tuple of float
        Rising.
    categories : tuple of str
        As printed, from the lowest class up.
    closed_right : bool
        Whether an edge belongs to the class below it.
    """

    variable: str
    edges: tuple[float, ...]
    categories: tuple[str, ...]
    closed_right: bool = False


@dataclass(frozen=True)
class Merge:
    """Levels of a categorical variable, some of them merged.

    Attributes
    ----------
    variable : str
        Its name.
    category_of : mapping of str to str
        Level to category as printed.
    """

    variable: str
    category_of: Mapping[str, str]


_MARKER = {"positive": "Positive", "negative": "Negative", "unknown": "Unknown"}

CATEGORIES: Mapping[str, Cut | Merge] = {
    "Age (year)": Cut("age_years", (60.0,), ("< 60", "≥ 60")),
    "Sex": Merge("sex", {"female": "Female", "male": "Male"}),
    "BMI (kg/m2)": Cut("bmi_kg_m2", (18.5, 24.0), ("< 18.5", "18.5–23.9", "≥ 24.0")),
    "Location": Merge(
        "tumor_location",
        {
            "upper": "Upper 1/3",
            "middle": "Middle1/3",
            "lower": "Lower 1/3",
            "whole": "Whole stomach",
        },
    ),
    "Maximum diameter": Cut("max_diameter_cm", (5.0,), ("≤ 5 cm", "> 5 cm"), closed_right=True),
    "Borrmann type": Merge(
        "borrmann_type", {"I": "I + II", "II": "I + II", "III": "III + IV", "IV": "III + IV"}
    ),
    "cT stage": Merge(
        "ct_stage", {"T1": "T1 + T2", "T2": "T1 + T2", "T3": "T3 + T4", "T4": "T3 + T4"}
    ),
    "cN stage": Merge(
        "cn_stage", {"N0": "N0 + N1", "N1": "N0 + N1", "N2": "N2 + N3", "N3": "N2 + N3"}
    ),
    "cM stage": Merge("cm_stage", {"M0": "M0", "M1": "M1"}),
    "Differentiated degree": Merge(
        "differentiation",
        {
            "poor": "Poorly/poorly–middle",
            "poor_moderate": "Poorly/poorly–middle",
            "moderate": "Middle/well",
            "well": "Middle/well",
        },
    ),
    "Pathological type": Merge(
        "pathological_type",
        {
            "adenocarcinoma": "Adenocarcinoma",
            "mucinous": "Adenocarcinoma",
            "signet_ring": "Adenocarcinoma",
            "squamous": "Others",
            "other": "Others",
        },
    ),
    "CEA": Merge("cea", _MARKER),
    "CA125": Merge("ca125", _MARKER),
    "AFP": Merge("afp", _MARKER),
}
"""Categorical characteristics of Table 1."""

LABORATORY: Mapping[str, str] = {
    "ALB": "albumin_g_l",
    "PCT": "plateletcrit_percent",
    "Lymph%": "lymphocytes_percent",
    "Glu": "glucose_mmol_l",
    "Neut": "neutrophils_1e9_l",
}
"""Continuous characteristics of Tables 1 and 3."""

NUMBERS: Mapping[str, str] = {
    "Age": "age_years",
    "BMI": "bmi_kg_m2",
    "Number of enlarged lymph nodes": "enlarged_lymph_nodes",
    "Maximum diameter": "max_diameter_cm",
    "Thickness of gastric wall": "wall_thickness_cm",
    **LABORATORY,
    "DL signature": "dl_signature",
}
"""Parameters of Table 3 per unit of a column."""

CONTRASTS: Mapping[tuple[str, str | None], tuple[str, tuple[str, ...]]] = {
    ("Sex", None): ("sex", ("male",)),
    ("cT stage", None): ("ct_stage", ("T3", "T4")),
    ("cN stage", None): ("cn_stage", ("N2", "N3")),
    ("cM stage", None): ("cm_stage", ("M1",)),
    ("Tumor location", "Middle1/3"): ("tumor_location", ("middle",)),
    ("Tumor location", "Lower 1/3"): ("tumor_location", ("lower",)),
    ("Tumor location", "Whole stomach"): ("tumor_location", ("whole",)),
    ("Borrmann type", "II"): ("borrmann_type", ("II",)),
    ("Borrmann type", "III"): ("borrmann_type", ("III",)),
    ("Borrmann type", "IV"): ("borrmann_type", ("IV",)),
    ("Pathological type", "Mucinous adenocarcinoma"): ("pathological_type", ("mucinous",)),
    ("Pathological type", "Signet ring cell carcinoma"): ("pathological_type", ("signet_ring",)),
    ("Pathological type", "Squamous carcinoma"): ("pathological_type", ("squamous",)),
    ("Pathological type", "Others"): ("pathological_type", ("other",)),
    ("SRC composition", None): ("src_component", ("yes",)),
    ("Differentiated degree", None): ("differentiation", ("moderate", "well")),
    ("CEA", None): ("cea", ("positive",)),
    ("CA125", None): ("ca125", ("positive",)),
    ("AFP", None): ("afp", ("positive",)),
}
"""Parameters of Table 3 that set some levels against all others, as its standard errors imply."""


@dataclass(frozen=True, eq=False)
class Coded:
    """A characteristic in the paper's categories.

    Attributes
    ----------
    categories : tuple of str
        As printed.
    codes : array of int, shape (n_patients,)
        Position of each patient's category; -1 where missing.
    """

    categories: tuple[str, ...]
    codes: NDArray[np.intp]


def coded(table: "pd.DataFrame", item: str) -> Coded | None:
    """Return a characteristic of Table 1 in its printed categories; None without its column."""
    coding = CATEGORIES[item]
    if coding.variable not in table.columns:
        return None
    cells = table[coding.variable]
    if isinstance(coding, Merge):
        categories = tuple(dict.fromkeys(coding.category_of.values()))
        place = {level: categories.index(name) for level, name in coding.category_of.items()}
        merged = cells.astype(object).map(place).fillna(-1)
        return Coded(categories, np.asarray(merged, dtype=np.intp))
    numbers = cells.to_numpy(dtype=np.float64)
    classes = np.digitize(numbers, coding.edges, right=coding.closed_right)
    codes = np.asarray(np.where(np.isnan(numbers), -1, classes), dtype=np.intp)
    return Coded(coding.categories, codes)


def survival_column(table: "pd.DataFrame", item: str, level: str | None) -> FloatArray | None:
    """Return a parameter of Table 3 as a column, missing as NaN; None where it has none."""
    if (item, level) in CONTRASTS:
        variable, levels = CONTRASTS[item, level]
        if variable not in table.columns:
            return None
        cells = table[variable].astype(object)
        inside = cells.isin(levels).to_numpy(dtype=np.float64)
        return np.where(cells.isna().to_numpy(), np.nan, inside)
    number = NUMBERS.get(item) if level is None else None
    if number is None or number not in table.columns:
        return None
    return table[number].to_numpy(dtype=np.float64)
