import pytest

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.regions import MAX_LISTED_REGIONS, Region, choose_region

LIVER, SPINE, NAMELESS = Region(1, "Liver"), Region(5, "Spine"), Region(7, None)
HEART = Region(3, "Heart", is_drawn=False)


def refusal_of(regions, roi) -> ImagingError:
    with pytest.raises(ImagingError) as refusal:
        choose_region(regions, roi)
    return refusal.value


def test_only_region_is_taken():
    assert choose_region([SPINE], None) is SPINE


def test_only_drawn_region_is_taken():
    assert choose_region([HEART, SPINE], None) is SPINE


@pytest.mark.parametrize("roi", ["5", " 5 ", "Spine", "spine", " SPINE "])
def test_region_is_chosen_by_number_or_name_in_any_case(roi):
    assert choose_region([LIVER, SPINE, NAMELESS], roi) is SPINE


def test_number_goes_before_a_name_that_looks_like_one():
    assert choose_region([Region(2, "1"), LIVER], "1") is LIVER


def test_part_of_a_name_is_not_the_name():
    assert refusal_of([LIVER, SPINE], "Spi").code == "mask_region_unknown"


def test_several_regions_without_a_choice_are_listed():
    refusal = refusal_of([LIVER, HEART, SPINE, NAMELESS], None)
    assert refusal.code == "mask_region_not_chosen"
    assert refusal.values == {"count": 3, "regions": "1 (Liver), 5 (Spine), 7"}


def test_unknown_region_lists_what_there_is():
    refusal = refusal_of([LIVER, SPINE], "stomach")
    assert refusal.code == "mask_region_unknown"
    assert refusal.values == {"roi": "stomach", "regions": "1 (Liver), 5 (Spine)"}


def test_region_that_is_not_drawn_is_refused():
    assert refusal_of([HEART, SPINE], "heart").code == "mask_region_is_empty"


def test_mask_without_a_drawn_region_is_refused():
    assert refusal_of([HEART], None).code == "mask_is_empty"
    assert refusal_of([], "1").code == "mask_is_empty"


def test_name_of_two_regions_is_refused_with_their_numbers():
    refusal = refusal_of([Region(1, "GTV"), Region(2, "gtv"), SPINE], "GTV")
    assert refusal.code == "mask_region_ambiguous"
    assert refusal.values["regions"] == "1 (GTV), 2 (gtv)"


def test_listed_names_are_clipped_and_printable():
    refusal = refusal_of([Region(1, "a\x1b[31m\n\u202eb" + "x" * 500), SPINE], None)
    shown = str(refusal.values["regions"])
    assert shown.isprintable()
    assert len(shown) < 100


def test_long_lists_are_cut_and_say_so():
    refusal = refusal_of([Region(k, None) for k in range(1, MAX_LISTED_REGIONS + 4)], None)
    assert str(refusal.values["regions"]).endswith("... (+3)")
