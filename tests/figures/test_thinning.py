import numpy as np

from dlcs_core.figures.thinning import thinned


def drawn_columns(x, y, columns):
    """Lowest and highest point of every pixel column, as a line would cover them."""
    column = np.minimum((x * columns).astype(int), columns - 1)
    return [(y[column == c].min(), y[column == c].max()) for c in range(columns)]


def test_a_thinned_curve_covers_the_same_pixels():
    rng = np.random.default_rng(3)
    x = np.linspace(0, 1, 50_000)
    y = np.cumsum(rng.normal(size=x.size))
    kept = thinned(x, y, columns=100)
    assert kept.size <= 400
    assert drawn_columns(x[kept], y[kept], 100) == drawn_columns(x, y, 100)
    assert (kept[0], kept[-1]) == (0, x.size - 1)


def test_a_short_curve_keeps_every_point():
    x = np.linspace(1, 0, 30)
    np.testing.assert_array_equal(thinned(x, x), np.arange(30))


def test_a_curve_at_one_place_keeps_every_point():
    np.testing.assert_array_equal(thinned(np.ones(9000), np.arange(9000.0)), np.arange(9000))
