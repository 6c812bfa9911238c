"""Results to draw, small enough to check by hand."""

import numpy as np
import pytest

from dlcs_core.statistics.kaplan_meier import kaplan_meier


@pytest.fixture
def outcome():
    """Forty patients, half of them good responders."""
    return np.tile([1.0, 0.0], 20)


@pytest.fixture
def score(outcome):
    """A score that tells most of them apart."""
    rng = np.random.default_rng(0)
    return 1 / (1 + np.exp(-(2 * outcome - 1 + rng.normal(0, 1, outcome.size))))


@pytest.fixture
def curve():
    """Five patients: deaths at 6, 12 and 24 months, two left at 12 and 30."""
    return kaplan_meier([6, 12, 12, 24, 30], [1, 1, 0, 1, 0])


def names_of(figure):
    """Names of the traces of a figure, in the order of drawing."""
    return [trace.name for trace in figure.data]


@pytest.fixture
def names():
    """Returns the names of a figure's traces."""
    return names_of
