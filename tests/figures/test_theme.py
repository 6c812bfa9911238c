from itertools import combinations

import pytest

from dlcs_core.figures.theme import OKABE_ITO, line_style, literal, translucent


def linear(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def test_curves_differ_in_colour_and_in_dash():
    styles = [line_style(index) for index in range(len(OKABE_ITO))]
    assert len({style["color"] for style in styles}) == len(OKABE_ITO)
    assert len({style["dash"] for style in styles}) == len(OKABE_ITO)


@pytest.mark.parametrize(("first", "second"), list(combinations(OKABE_ITO[:3], 2)))
def test_the_first_colours_stay_apart_without_red_or_green_cones(first, second):
    """Viénot's protanopia keeps a red-green mean and blue: these must differ."""
    seen = []
    for color in (first, second):
        red, green, blue = linear(color)
        seen.append((0.11 * red + 0.89 * green, blue))
    assert max(abs(a - b) for a, b in zip(*seen, strict=True)) > 0.05


def test_a_translucent_colour_keeps_its_hue():
    assert translucent("#0072b2", 0.5) == "rgba(0,114,178,0.5)"


def test_text_from_a_file_is_never_markup():
    assert literal('<a href="x">y</a>&') == '&#60;a href="x"&#62;y&#60;/a&#62;&#38;'
