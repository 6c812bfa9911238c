import numpy as np
import pytest

from dlcs_core.synthetic.shapes import bent_tube, capsule, ellipsoid, smooth_union, super_ellipse


def point(x, y, z):
    return tuple(np.array([value], np.float32) for value in (x, y, z))


def test_distance_to_a_sphere_is_exact():
    at = point(13, 4, 0)
    assert ellipsoid(at, (1, -1, 0), (5, 5, 5))[0] == pytest.approx(8, abs=1e-3)


def test_turned_ellipsoid_contains_its_turned_tip():
    tip = point(9 * np.cos(0.6), 9 * np.sin(0.6), 0)
    assert ellipsoid(tip, (0, 0, 0), (10, 2, 2), 0.6)[0] < 0
    assert ellipsoid(tip, (0, 0, 0), (10, 2, 2), -0.6)[0] > 0


def test_capsule_is_rounded_at_its_ends_and_straight_between():
    start, end = (0, 0, 0), (10, 0, 0)
    assert capsule(point(13, 0, 0), start, end, 2, 2)[0] == pytest.approx(1)
    assert capsule(point(5, 4, 0), start, end, 2, 2)[0] == pytest.approx(2)


def test_super_ellipse_is_zero_on_its_axes():
    x, y = np.array([[30.0, 0.0]]), np.array([[0.0, 20.0]])
    np.testing.assert_allclose(super_ellipse(x, y, 30, 20, 2.35), 0, atol=1e-6)


def test_smooth_union_never_lies_outside_either_body():
    first, second = np.linspace(-5, 5, 21), np.linspace(3, -3, 21)
    assert np.all(smooth_union(first, second, 4.0) <= np.minimum(first, second) + 1e-9)


def test_bent_tube_contains_all_of_its_nodes():
    nodes, radii = np.array([(0, 0, 0), (20, 0, 0), (20, 20, 5.0)]), np.array([4.0, 3, 5])
    x, y, z = nodes.T.astype(np.float32)
    assert np.all(bent_tube((x, y, z), nodes, radii, 6.0) < 0)


def test_tube_needs_two_nodes():
    with pytest.raises(ValueError, match="two nodes"):
        bent_tube(point(0, 0, 0), np.zeros((1, 3)), np.ones(1), 6.0)
