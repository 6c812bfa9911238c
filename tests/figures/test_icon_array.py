import pytest

from dlcs_core.figures.icon_array import both_of_hundred, icon_array_figure, of_hundred


@pytest.mark.parametrize(("probability", "good"), [(0.0, 0), (0.335, 34), (0.5, 50), (1.0, 100)])
def test_there_are_always_a_hundred_people(probability, good):
    responding, others = icon_array_figure(probability).data
    assert (len(responding.x), len(others.x)) == (good, 100 - good)


def test_no_two_people_stand_on_one_place():
    figure = icon_array_figure(0.3)
    places = {place for trace in figure.data for place in zip(trace.x, trace.y, strict=True)}
    assert len(places) == 100


def test_halves_are_rounded_upwards():
    assert of_hundred(0.125) == 13
    assert of_hundred(0.625) == 63


def test_what_is_possible_is_never_written_as_never():
    responding, others = icon_array_figure(0.001).data
    assert (len(responding.x), len(others.x)) == (0, 100)
    assert (responding.name, others.name) == ("&#60;1 respond well", "&#62;99 do not")


@pytest.mark.parametrize("probability", [0.005, 0.125, 0.335, 0.5, 0.665])
def test_both_frames_add_up_to_a_hundred(probability):
    good, poor = both_of_hundred(probability)
    assert int(good) + int(poor) == 100
