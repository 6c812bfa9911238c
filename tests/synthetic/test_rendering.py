from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from dlcs_core.synthetic.patients import draw_patients
from dlcs_core.synthetic.phantoms import make_phantom
from dlcs_core.synthetic.rendering import FULL_FIELD, Phantom, paint_plane, render_slices
from dlcs_core.synthetic.signal import TumorSignal, expected_parameters
from dlcs_core.synthetic.stomach import lumen_distance

SEED = 7


def with_latent(phantom, latent):
    """The same body with another look of the tumour."""
    signal = TumorSignal.from_parameters(expected_parameters(np.array([latent]))[0])
    tumor = replace(phantom.anatomy.tumor, signal=signal)
    return Phantom(replace(phantom.anatomy, tumor=tumor), phantom.acquisition)


def key_slice(phantom, window):
    return next(render_slices(phantom, window, [phantom.key_slice_number], (0,)))


@pytest.fixture(scope="module")
def plane_hu(phantom):
    z_mm = phantom.acquisition.z_mm(phantom.key_slice_number)
    return paint_plane(phantom.plane(FULL_FIELD, z_mm))


def test_window_shows_the_same_anatomy_as_the_full_field(phantom, plane_hu):
    window = phantom.tumor_window()
    z_mm = phantom.acquisition.z_mm(phantom.key_slice_number)
    cut = paint_plane(phantom.plane(window, z_mm))
    # Tubes that end at a window's border may differ by a fraction of a pixel's cover there.
    np.testing.assert_allclose(cut, plane_hu[window], atol=0.5)


def test_window_is_at_least_150_mm_and_holds_the_outline_with_its_margin(phantom):
    rows, columns = phantom.tumor_window()
    pixel_mm = phantom.acquisition.pixel_mm
    assert (rows.stop - rows.start) * pixel_mm >= 150
    assert (columns.stop - columns.start) * pixel_mm >= 150
    margin = int(25 / pixel_mm)
    occupied = np.argwhere(np.any(list(phantom.outlines.values()), axis=0))
    assert np.all(occupied.min(axis=0) - margin >= (rows.start, columns.start))
    assert np.all(occupied.max(axis=0) + margin < (rows.stop, columns.stop))


def test_every_patient_has_an_outline_with_a_key_slice_and_neighbors(patients):
    for index in range(len(patients)):
        phantom = make_phantom(patients, index, SEED)
        areas = {number: plane.sum() for number, plane in phantom.outlines.items()}
        key = phantom.key_slice_number
        assert areas[key] == max(areas.values())
        assert areas[key] * phantom.acquisition.pixel_mm**2 > 100
        assert key - 1 in areas or key + 1 in areas


def test_outline_is_no_wider_than_the_clinical_diameter(patients):
    for index in range(len(patients)):
        phantom = make_phantom(patients, index, SEED)
        occupied = np.argwhere(phantom.outline(phantom.key_slice_number))
        extent_mm = np.ptp(occupied, axis=0).max() * phantom.acquisition.pixel_mm
        diameter_mm = 10 * patients.continuous["max_diameter_cm"][index]
        # The warp may stretch by a tenth or so, the outline's smoothing adds a pixel.
        assert extent_mm < 1.25 * diameter_mm + 4


def test_key_slice_shows_air_fat_soft_tissue_and_bone(plane_hu):
    assert plane_hu[:20].mean() < -990
    shares = [
        np.mean((plane_hu > low) & (plane_hu < high))
        for low, high in ((-130, -80), (40, 140), (200, 700))
    ]
    assert all(share > 0.01 for share in shares)


def test_no_gas_lies_behind_the_fluid_level(phantom, plane_hu):
    z_mm = phantom.acquisition.z_mm(phantom.key_slice_number)
    inside = lumen_distance(phantom.plane(FULL_FIELD, z_mm)) < -6
    behind = phantom.acquisition.y_mm > phantom.anatomy.stomach.gas_level_mm + 3
    content = plane_hu[behind][inside[behind]]
    assert content.size > 100
    assert content.min() > -500


def texture_hu(hu, outline):
    """Standard deviation of band-passed HU well inside the outline."""
    core = ndimage.binary_erosion(outline, iterations=3) & (hu > 0)
    weight = np.maximum(ndimage.gaussian_filter(core.astype(float), 6), 1e-3)
    smooth = ndimage.gaussian_filter(np.where(core, hu, 0).astype(float), 6) / weight
    return np.std((hu - smooth)[core])


def test_heterogeneity_in_the_pixels_falls_as_the_latent_score_rises(patients):
    phantom = make_phantom(patients, 3, SEED)
    window = phantom.tumor_window()
    outline = phantom.outline(phantom.key_slice_number)[window]
    measured = [
        texture_hu(key_slice(with_latent(phantom, latent), window), outline)
        for latent in (-2.0, 0.0, 2.0)
    ]
    assert measured[0] > measured[1] + 3 > measured[2] + 4


def test_outline_does_not_depend_on_the_look_of_the_tumor(phantom):
    other = with_latent(phantom, 2.0)
    key = phantom.key_slice_number
    np.testing.assert_array_equal(other.outline(key), phantom.outline(key))


def test_heterogeneity_in_the_pixels_follows_the_planted_parameter():
    drawn = draw_patients(36, 21)
    measured = []
    for index in range(36):
        phantom = make_phantom(drawn, index, 21)
        window = phantom.tumor_window()
        outline = phantom.outline(phantom.key_slice_number)[window]
        measured.append(np.log(texture_hu(key_slice(phantom, window), outline)))
    planted = drawn.image_parameters[:, 0]
    assert np.corrcoef(measured, planted)[0, 1] > 0.6


def test_thick_slices_blur_the_texture(patients):
    phantom = with_latent(make_phantom(patients, 3, SEED), -2.0)
    window, key = phantom.tumor_window(), phantom.key_slice_number
    outline = phantom.outline(key)[window]
    scan = phantom.acquisition
    quiet = replace(scan.scanner, noise_hu=0.0)
    thick = replace(quiet, slice_mm=9.0)
    offset = scan.z_mm(key)
    textures = []
    for scanner in (quiet, thick):
        moved = replace(scan, scanner=scanner, slice_offset_mm=offset)
        hu = next(render_slices(Phantom(phantom.anatomy, moved), window, [0], (0,)))
        textures.append(texture_hu(hu, outline))
    assert textures[1] < 0.9 * textures[0]
