import pytest

from dlcs_core.errors import Notice
from dlcs_core.imaging.study import SeriesHeader
from dlcs_core.preprocessing.measurements import measure
from dlcs_core.report.gates import (
    contradictions,
    header_warnings,
    incomplete_slabs,
    out_of_distribution,
    reasons_to_abstain,
)

WIDE = {
    "slice_spacing_mm": (4.0, 6.0),
    "pixel_spacing_mm": (0.6, 0.9),
    "mask_area_mm2": (300.0, 5000.0),
    "mean_hu": (50.0, 130.0),
}


def reasons(study, trained_ranges=WIDE):
    return [n.code for n in reasons_to_abstain(study, measure(study), trained_ranges)]


def test_a_case_like_the_training_cases_passes(study):
    assert reasons(study) == []


@pytest.mark.parametrize("name", WIDE)
@pytest.mark.parametrize("trained", [(0.001, 0.002), (20_000.0, 30_000.0)])
def test_each_property_outside_its_range_abstains(study, name, trained):
    assert reasons(study, {**WIDE, name: trained}) == [f"{name}_outside_training"]


def test_rounding_and_readers_do_not_abstain(study):
    measured = measure(study)
    just_beside = {
        "slice_spacing_mm": (4.0, 4.95),
        "mask_area_mm2": (measured.mask_area_mm2 * 1.2, 5000.0),
        "mean_hu": (90.0, 130.0),
    }
    assert reasons(study, {**WIDE, **just_beside}) == []


def test_a_range_that_the_manifest_lacks_is_not_judged(study):
    assert reasons(study, {}) == []


def test_thin_slices_are_judged_by_the_slabs_that_they_are_averaged_to(study):
    spacing_mm = study.volume.grid.spacing_mm[0]
    ranges = {**WIDE, "slice_spacing_mm": (2 * spacing_mm, 2 * spacing_mm)}
    assert reasons(study, ranges) == ["slice_spacing_mm_outside_training"]
    measured = measure(study)
    assert reasons_to_abstain(study, measured, ranges, slab_mm=2 * spacing_mm) == ()
    (coarse,) = reasons_to_abstain(
        study, measured, {"slice_spacing_mm": (1.0, 1.0)}, slab_mm=spacing_mm / 2
    )
    assert coarse.code == "slice_spacing_mm_outside_training"


def test_a_slab_without_its_slices_abstains():
    found = (Notice("tumor_exceeds_frame"), Notice("slab_incomplete"))
    assert incomplete_slabs(found) == (Notice("slab_incomplete"),)


@pytest.mark.parametrize("center", [0.0, 6.0])
def test_a_tumor_on_the_first_or_last_slice_abstains(make, center):
    assert reasons(make(center=center)) == ["tumor_at_edge_of_volume"]


@pytest.mark.parametrize(
    ("body_part", "abstains"),
    [
        ("ABDOMEN", False),
        ("Abdomen_Pelvis", False),
        ("CHEST_TO_ABD", False),
        ("STOMACH", False),
        ("", False),
        (None, False),
        ("EXTREMITY", True),
        ("HEAD", True),
    ],
)
def test_a_named_body_part_other_than_the_abdomen_abstains(make, body_part, abstains):
    study = make(header=SeriesHeader(body_part=body_part))
    assert reasons(study) == ["body_part_not_abdomen"] * abstains


@pytest.mark.parametrize(
    ("description", "abstains"),
    [
        ("Portal venous 5 mm", False),
        ("ABD 5.0 B30f", False),
        (None, False),
        ("Arterial phase", True),
        ("Arterial and portal venous", False),
        ("NON-CONTRAST", True),
        ("动脉期", True),
        ("门脉期", False),
    ],
)
def test_a_described_phase_other_than_portal_venous_abstains(make, description, abstains):
    study = make(header=SeriesHeader(series_description=description))
    assert reasons(study) == ["phase_not_portal_venous"] * abstains


def test_only_a_distance_beyond_the_limit_is_out_of_distribution():
    assert out_of_distribution(1.0, 1.0) == ()
    (reason,) = out_of_distribution(1.01, 1.0)
    assert reason.code == "case_out_of_distribution"


def test_contrast_is_asked_for_only_where_a_header_could_tell(make):
    bare = SeriesHeader()
    assert [n.code for n in header_warnings(make(header=bare))] == ["contrast_not_stated"]
    assert header_warnings(make(header=bare, source_format="nifti")) == ()
    assert header_warnings(make()) == ()


@pytest.mark.parametrize(
    ("header", "form", "found"),
    [
        ({"patient_id": "ph-1 "}, {}, []),
        ({"patient_id": "PH-2"}, {}, ["patient_id_differs"]),
        ({"patient_id": "PH-2"}, {"patient_id": None}, []),
        ({"patient_sex": "F"}, {}, ["sex_differs"]),
        ({"patient_sex": "O"}, {}, []),
        ({"patient_sex": "F"}, {"sex": None}, []),
        ({"patient_age_years": 63.0}, {}, []),
        ({"patient_age_years": 65.0}, {}, ["age_differs"]),
        ({}, {"max_diameter_cm": 9}, ["diameter_differs"]),
        ({}, {"max_diameter_cm": None}, []),
    ],
)
def test_images_and_form_are_compared_where_both_tell(make, record_with, header, form, found):
    study = make(header=SeriesHeader(**header))
    notices = contradictions(study, measure(study), record_with(**form))
    assert [notice.code for notice in notices] == found


def test_no_header_text_is_repeated(make, record):
    study = make(header=SeriesHeader(patient_id="SECRET", body_part="HEAD SECRET"))
    measured = measure(study)
    notices = (
        *contradictions(study, measured, record),
        *reasons_to_abstain(study, measured, WIDE),
    )
    assert notices
    assert "SECRET" not in str(notices)
