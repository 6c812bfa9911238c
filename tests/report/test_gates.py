from dataclasses import replace

import numpy as np
import pytest

from dlcs_core.errors import Notice
from dlcs_core.imaging.study import SeriesHeader
from dlcs_core.preprocessing.image_clues import image_clues
from dlcs_core.preprocessing.input_statistics import INPUT_STATISTICS, input_statistics
from dlcs_core.preprocessing.measurements import measure
from dlcs_core.preprocessing.pipeline import preprocess
from dlcs_core.preprocessing.slices import select_slices
from dlcs_core.report.gates import (
    contradictions,
    header_warnings,
    image_reasons,
    incomplete_slabs,
    out_of_distribution,
    reasons_to_abstain,
    widened,
)
from dlcs_core.translation import LANGUAGES, sentence_of

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


WINDOW_HU = (-115.0, 235.0)


def statistics_of(study):
    seen = preprocess(study)
    return input_statistics(seen.image, seen.mask, WINDOW_HU)


@pytest.mark.parametrize("name", INPUT_STATISTICS)
@pytest.mark.parametrize("trained", [(-5000.0, -4000.0), (4000.0, 5000.0)])
def test_each_statistic_of_the_input_outside_its_range_abstains(study, name, trained):
    ranges = {**WIDE, name: trained}
    found = reasons_to_abstain(study, measure(study), ranges, statistics_of(study))
    assert [n.code for n in found] == [f"{name}_outside_training"]
    for language in LANGUAGES:
        assert found[0].code not in sentence_of(found[0], language)


def test_an_older_bundle_without_these_ranges_does_not_judge_them(study):
    assert reasons_to_abstain(study, measure(study), WIDE, statistics_of(study)) == ()


def test_noise_of_another_scanner_passes_and_pure_noise_does_not():
    rng = np.random.default_rng(0)
    mask = np.zeros((3, 112, 112), np.uint8)
    mask[:, 30:80, 30:80] = 1

    def noise_of(sd_hu):
        hu = np.clip(rng.normal(80, sd_hu, mask.shape), *WINDOW_HU)
        image = ((hu - WINDOW_HU[0]) / 350).astype(np.float32)
        return input_statistics(image, mask, WINDOW_HU).input_noise_hu

    low, high = widened("input_noise_hu", (noise_of(8), noise_of(12)))
    assert low < noise_of(16) < high
    assert not low < noise_of(60) < high


def test_noise_and_percentiles_are_those_that_were_drawn():
    rng = np.random.default_rng(1)
    hu = rng.normal(60, 10, (3, 112, 112))
    image = ((hu - WINDOW_HU[0]) / 350).astype(np.float32)
    found = input_statistics(image, np.ones_like(image, np.uint8), WINDOW_HU)
    assert found.input_median_hu == pytest.approx(60, abs=0.5)
    assert found.input_low_hu == pytest.approx(60 - 12.816, abs=0.6)
    assert found.input_high_hu == pytest.approx(60 + 12.816, abs=0.6)
    # a pixel minus the mean of four others; a mean of 25 minus one of 25
    assert found.input_noise_hu == pytest.approx(10 * np.sqrt(1.25), rel=0.03)
    assert found.input_slice_change_hu == pytest.approx(10 * np.sqrt(2 / 25), rel=0.1)


def clues_of(image_hu, mask, spacing_mm=(0.8, 0.8)):
    """Clues of three like slices."""
    from dlcs_core.preprocessing.slices import SelectedSlices

    planes = np.stack([image_hu] * 3).astype(np.float32)
    return image_clues(SelectedSlices(1, (0, 1, 2), planes, np.stack([mask] * 3), spacing_mm, ()))


def body(organ_hu=110.0, vessel_hu=150.0):
    """Fat with an organ, a muscle, a vessel of 2.6 cm and noise; the outline lies in the organ."""
    rows, columns = np.mgrid[:256, :256]
    hu = np.full((256, 256), -100.0)
    hu[40:140, 40:140] = organ_hu
    hu[160:230, 40:200] = 55.0
    hu[np.hypot(rows - 100, columns - 200) < 16] = vessel_hu
    hu += np.random.default_rng(0).normal(0, 12, hu.shape)
    mask = np.zeros(hu.shape, bool)
    mask[60:110, 60:110] = True
    return hu, mask


def image_codes(clues):
    return [notice.code for notice in image_reasons(clues)]


def test_a_portal_venous_slice_has_nothing_to_object_to():
    assert image_codes(clues_of(*body())) == []


def test_a_bright_aorta_is_arterial():
    assert image_codes(clues_of(*body(vessel_hu=330.0))) == ["image_looks_arterial"]


def test_an_image_without_anything_bright_has_no_contrast_medium():
    assert image_codes(clues_of(*body(organ_hu=55.0, vessel_hu=42.0))) == ["no_contrast_in_image"]


def test_magnetic_resonance_and_noise_are_not_like_ct():
    hu, mask = body()
    magnetic = (hu - hu.min()) * 3
    assert image_codes(clues_of(magnetic, mask)) == ["image_not_like_ct"]
    noise = np.random.default_rng(1).uniform(-1000, 1000, hu.shape)
    assert image_codes(clues_of(noise, mask)) == ["image_not_like_ct"]


def test_an_outline_in_air_is_off_soft_tissue():
    hu, mask = body()
    assert image_codes(clues_of(np.where(mask, -900.0, hu), mask)) == ["outline_off_soft_tissue"]


def test_areas_of_the_clues_are_those_that_were_drawn():
    hu, mask = body()
    clues = clues_of(hu, mask)
    # 100 x 100 pixels of the organ and a disc of radius 16; squares across an edge do not count
    drawn = (100 * 100 + np.pi * 16**2) * 0.64 / 100
    assert 0.75 * drawn < clues.enhanced_cm2 < drawn
    assert clues.outline_soft_share > 0.99


@pytest.mark.parametrize(("age", "abstains"), [(17.0, True), (18.0, False), (None, False)])
def test_a_child_by_the_header_abstains(make, age, abstains):
    study = make(header=SeriesHeader(patient_age_years=age))
    assert reasons(study) == ["patient_not_adult"] * abstains


def test_ten_pixels_are_too_small_an_outline(make):
    study = make()
    plane = np.zeros(study.volume.grid.size[1:], bool)
    plane[50, 40:50] = True
    small = replace(study, mask=replace(study.mask, planes={2: plane, 3: plane, 4: plane}))
    assert "mask_area_mm2_outside_training" in reasons(small)


@pytest.mark.parametrize(
    "code",
    ["image_not_like_ct", "no_contrast_in_image", "image_looks_arterial",
     "outline_off_soft_tissue", "patient_not_adult"],
)  # fmt: skip
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_reason_is_a_sentence(code, language):
    assert code not in sentence_of(Notice(code), language)


def test_the_phantom_of_the_tests_passes_every_gate_of_the_image(study):
    assert image_codes(image_clues(select_slices(study))) == []
