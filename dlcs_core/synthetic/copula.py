"""How the latent score and the clinical variables hang together within a response class."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

LATENT = "latent_score"

COPULA_VARIABLES = (
    LATENT,
    "age_years",
    "sex",
    "bmi_kg_m2",
    "tumor_location",
    "max_diameter_cm",
    "borrmann_type",
    "ct_stage",
    "cn_stage",
    "cm_stage",
    "differentiation",
    "cea",
    "ca125",
    "afp",
    "albumin_g_l",
    "plateletcrit_percent",
    "lymphocytes_percent",
    "glucose_mmol_l",
    "neutrophils_1e9_l",
    "enlarged_lymph_nodes",
    "wall_thickness_cm",
    "src_component",
)
"""Order of the normal scores."""

_CORRELATIONS = (
    (LATENT, "max_diameter_cm", -0.13),
    (LATENT, "ct_stage", -0.12),
    (LATENT, "src_component", -0.07),
    ("max_diameter_cm", "wall_thickness_cm", 0.40),
    ("max_diameter_cm", "enlarged_lymph_nodes", 0.25),
    ("max_diameter_cm", "ct_stage", 0.30),
    # Weak on purpose: Table 1 shows these flat between the classes while diameter differs, and
    # a strong link would make them suppressors.
    ("max_diameter_cm", "borrmann_type", 0.12),
    ("max_diameter_cm", "tumor_location", 0.08),
    ("max_diameter_cm", "cea", 0.15),
    ("max_diameter_cm", "ca125", 0.15),
    ("wall_thickness_cm", "ct_stage", 0.35),
    ("wall_thickness_cm", "borrmann_type", 0.15),
    ("enlarged_lymph_nodes", "cn_stage", 0.65),
    ("enlarged_lymph_nodes", "ca125", 0.15),
    ("enlarged_lymph_nodes", "borrmann_type", 0.20),
    ("enlarged_lymph_nodes", "cm_stage", 0.15),
    ("cn_stage", "ct_stage", 0.25),
    ("borrmann_type", "src_component", 0.30),
    ("borrmann_type", "tumor_location", 0.35),
    ("borrmann_type", "differentiation", 0.25),
    ("borrmann_type", "ca125", 0.15),
    ("src_component", "differentiation", 0.45),
    ("src_component", "sex", -0.15),
    ("src_component", "age_years", -0.15),
    ("cea", "cm_stage", 0.20),
    ("ca125", "cm_stage", 0.30),
    ("albumin_g_l", "plateletcrit_percent", -0.20),
    ("albumin_g_l", "age_years", -0.20),
    ("neutrophils_1e9_l", "plateletcrit_percent", 0.30),
    ("neutrophils_1e9_l", "lymphocytes_percent", -0.60),
    ("glucose_mmol_l", "age_years", 0.12),
)

_SMALLEST_EIGENVALUE = 0.02


def index_of(variable: str) -> int:
    """Return the position of a variable among the normal scores."""
    return COPULA_VARIABLES.index(variable)


@cache
def correlation_matrix() -> FloatArray:
    """Return the correlation of the normal scores within a class, positive definite."""
    matrix = np.eye(len(COPULA_VARIABLES))
    for first, second, correlation in _CORRELATIONS:
        i, j = index_of(first), index_of(second)
        matrix[i, j] = matrix[j, i] = correlation
    values, vectors = np.linalg.eigh(matrix)
    matrix = (vectors * np.maximum(values, _SMALLEST_EIGENVALUE)) @ vectors.T
    scale = np.sqrt(np.diag(matrix))
    scaled: FloatArray = matrix / np.outer(scale, scale)
    return scaled


@cache
def correlation_root() -> FloatArray:
    """Return the lower Cholesky factor of :func:`correlation_matrix`."""
    return np.asarray(np.linalg.cholesky(correlation_matrix()), dtype=np.float64)
