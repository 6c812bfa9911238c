import numpy as np
import pytest

from dlcs_core.synthetic.fields import draw_band_field, draw_gaussian_field


def direct_sum(field, x, y, z, zoom):
    kx, ky, kz = (field.wave_vectors.astype(float) * zoom).T
    angle = x[None, :, None] * kx + y[:, None, None] * ky + z * kz + field.phases
    return np.sqrt(2 / len(field.phases)) * np.cos(angle).sum(axis=-1)


@pytest.mark.parametrize("zoom", [(1.0, 1.0, 1.0), (0.35, 0.5, 0.2)])
def test_matrix_product_equals_the_sum_of_plane_waves(zoom):
    field = draw_band_field(np.random.default_rng(0), 24, 3, 30)
    x, y = np.linspace(-60, 60, 37, dtype=np.float32), np.linspace(-20, 40, 23, dtype=np.float32)
    expected = direct_sum(field, x, y, 12.5, zoom)
    np.testing.assert_allclose(field.on_grid(x, y, 12.5, zoom), expected, atol=2e-4)


def test_gaussian_field_has_unit_variance_and_its_stated_covariance():
    x = np.arange(0, 200, 3, dtype=np.float32)
    generator = np.random.default_rng(1)
    planes = [draw_gaussian_field(generator, 96, 3.0).on_grid(x, x, 0.0) for _ in range(40)]
    stack = np.stack(planes)
    assert stack.var() == pytest.approx(1, abs=0.03)
    neighbors = np.mean(stack[:, :, 1:] * stack[:, :, :-1])
    assert neighbors == pytest.approx(np.exp(-0.5), abs=0.03)


def test_field_is_the_same_wherever_the_grid_is_cut():
    field = draw_band_field(np.random.default_rng(2), 16, 5, 20)
    x = np.linspace(-50, 50, 60, dtype=np.float32)
    whole = field.on_grid(x, x, 3.0)
    np.testing.assert_allclose(
        field.on_grid(x[10:30], x[20:25], 3.0), whole[20:25, 10:30], atol=1e-5
    )
