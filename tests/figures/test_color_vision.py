"""Colours that stand side by side stay apart for colour-blind readers.

Dichromats' vision is simulated with the matrices (severity 1.0) of Machado GM, Oliveira MM,
Fernandes LAF. A physiologically-based model for simulation of color vision deficiency. IEEE Trans
Vis Comput Graph 2009;15:1291-1298, applied to linear RGB; distances are CIE 1976 Delta E*ab with
white point D65.
"""

import numpy as np
import pytest

from dlcs_core.figures.score_groups import TRG_COLORS
from dlcs_core.figures.theme import (
    BLUE,
    GOOD,
    GRID,
    HIGH_RISK,
    LOW_RISK,
    OKABE_ITO,
    ORANGE,
    POOR,
    SKY,
    VERMILLION,
)

SIMULATED = {
    "normal": np.eye(3),
    "protanopia": np.array([
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]),
    "deuteranopia": np.array([
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]),
    "tritanopia": np.array([
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ]),
}  # fmt: skip

TO_XYZ = np.array([
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
])  # fmt: skip
"""From linear sRGB, IEC 61966-2-1."""

LEAST_DISTANCE = 15.0
"""Six just noticeable differences (2.3 each). Curves have dashes, groups their names besides."""

SIDE_BY_SIDE = {
    **{f"curves {i + 1} and {i + 2}": OKABE_ITO[i : i + 2] for i in range(len(OKABE_ITO) - 1)},
    "curves 1 and 3": (OKABE_ITO[0], OKABE_ITO[2]),
    **{f"TRG {i} and {i + 1}": TRG_COLORS[i : i + 2] for i in range(len(TRG_COLORS) - 1)},
    "risk groups": (LOW_RISK, HIGH_RISK),
    "icons": (GOOD, POOR),
    "drift": (ORANGE, VERMILLION),
    "missing": (GRID, VERMILLION),
    "outline and key slice": (SKY, ORANGE),
    "correlation": (BLUE, VERMILLION),
    "background": (POOR, "#ffffff"),
}


def linear(color):
    """Linear RGB, 0 to 1, of ``#rrggbb``."""
    channels = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIE L*a*b* of linear RGB."""
    ratio = TO_XYZ @ rgb / TO_XYZ.sum(axis=1)
    bent = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * bent[1] - 16, 500 * (bent[0] - bent[1]), 200 * (bent[1] - bent[2])])


def distance(first, second, matrix):
    """Delta E of two colours as somebody sees them."""
    seen = [lab(np.clip(matrix @ linear(color), 0, 1)) for color in (first, second)]
    return float(np.linalg.norm(seen[0] - seen[1]))


def test_lab_of_known_colors():
    """Values of Lindbloom's calculator."""
    np.testing.assert_allclose(lab(linear("#ff0000")), [53.24, 80.09, 67.20], atol=0.02)
    np.testing.assert_allclose(lab(linear("#ffffff")), [100, 0, 0], atol=0.01)


@pytest.mark.parametrize("vision", SIMULATED)
def test_grey_stays_grey(vision):
    grey = np.full(3, 0.4)
    np.testing.assert_allclose(SIMULATED[vision] @ grey, grey, atol=1e-5)


def test_red_and_green_meet_where_they_are_known_to():
    red, green = "#d40000", "#5a7000"
    assert distance(red, green, SIMULATED["normal"]) > 60
    assert distance(red, green, SIMULATED["deuteranopia"]) < LEAST_DISTANCE


@pytest.mark.parametrize("vision", SIMULATED)
@pytest.mark.parametrize("place", SIDE_BY_SIDE)
def test_neighbours_stay_apart(place, vision):
    assert distance(*SIDE_BY_SIDE[place], SIMULATED[vision]) >= LEAST_DISTANCE
