"""A study in memory and a form, for the report's tests."""

from dataclasses import replace

import numpy as np
import pytest

from dlcs_core.bundle.reader import read_bundle
from dlcs_core.clinical.record import parse_record
from dlcs_core.imaging.study import Grid, Mask, SeriesHeader, Study, Volume

FORM = {
    "patient_id": "PH-1", "age_years": 62, "sex": "male", "bmi_kg_m2": 22.5,
    "tumor_location": "lower", "max_diameter_cm": 4.0, "wall_thickness_cm": 1.4,
    "borrmann_type": "III", "ct_stage": "T3", "cn_stage": "N1", "cm_stage": "M0",
    "differentiation": "poor", "src_component": "no", "cea": "negative", "ca125": "negative",
    "afp": "unknown", "neutrophils_1e9_l": 4.1, "lymphocytes_percent": 28,
    "plateletcrit_percent": 0.25, "albumin_g_l": 39, "glucose_mmol_l": 5.5,
    "enlarged_lymph_nodes": 2, "pathological_type": "adenocarcinoma",
}  # fmt: skip


def make_study(n_slices=7, center=3.0, header=None, source_format="dicom"):
    """An ellipsoid of 85 HU in fat; slices 5 mm apart, pixels of 0.8 mm."""
    size, spacing_mm = (n_slices, 96, 96), (5.0, 0.8, 0.8)
    slices, rows, columns = np.indices(size).astype(float)
    tumor = ((slices - center) / 2.4) ** 2
    tumor = tumor + ((rows - 50) / 17) ** 2 + ((columns - 44) / 24) ** 2 < 1
    image_hu = np.where(tumor, 85, -80).astype(np.float32)
    axes = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    positions = tuple(5.0 * index for index in range(n_slices))
    volume = Volume(
        grid=Grid(size, spacing_mm, (0.0, 0.0, 0.0), *axes, positions),
        read_slice_hu=lambda index: image_hu[index],
        source_format=source_format,
        modality="CT" if source_format == "dicom" else None,
        header=header or SeriesHeader(body_part="ABDOMEN", contrast_agent="iohexol"),
    )
    planes = {index: plane for index, plane in enumerate(tumor) if plane.any()}
    return Study(volume, Mask(size, planes), None, "nifti")


@pytest.fixture
def study():
    """The phantom."""
    return make_study()


@pytest.fixture
def make():
    """Makes phantoms with another place, header or format."""
    return make_study


@pytest.fixture
def record():
    """A complete form."""
    return parse_record(FORM)[0]


@pytest.fixture
def record_with():
    """Makes a form with values changed; None takes one away."""
    return lambda **changes: parse_record({**FORM, **changes})[0]


@pytest.fixture(scope="session")
def bundle(untrained_bundle):
    """The bundle that nobody trained, read."""
    return read_bundle(untrained_bundle)


@pytest.fixture
def bundle_with(bundle):
    """Makes a bundle with manifest fields changed."""
    return lambda **changes: replace(bundle, manifest=replace(bundle.manifest, **changes))
