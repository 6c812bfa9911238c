"""Acquisition facts are those of the header, or unknown."""

import pytest

from dlcs_core.imaging.dicom_header import series_header


def test_facts_are_taken_from_the_header(kit, plan):
    dataset = kit.slice_dataset(plan, 0)
    dataset.PatientAge, dataset.PatientSex, dataset.StudyDate = "063Y", "F", "20200131"
    dataset.KVP, dataset.ConvolutionKernel = "120", "B30f"
    dataset.ContrastBolusAgent, dataset.BodyPartExamined = "IOHEXOL", "ABDOMEN"
    header = series_header(dataset)
    assert (header.patient_id, header.patient_sex, header.patient_age_years) == (
        "PHANTOM-1",
        "F",
        63.0,
    )
    assert (header.kvp, header.kernel, header.study_date) == (120.0, "B30f", "20200131")
    assert (header.contrast_agent, header.body_part) == ("IOHEXOL", "ABDOMEN")
    assert header.slice_thickness_mm == 2.5


def test_what_is_absent_is_unknown(kit, plan):
    header = series_header(kit.slice_dataset(plan, 0))
    assert header.patient_age_years is None
    assert header.kvp is None
    assert header.manufacturer is None


@pytest.mark.parametrize("thickness", ["NaN", "inf", "thin"])
def test_what_is_no_number_is_unknown(thickness, kit, plan):
    dataset = kit.slice_dataset(plan, 0)
    element = dataset.data_element("SliceThickness")
    element._value = thickness
    assert series_header(dataset).slice_thickness_mm is None
