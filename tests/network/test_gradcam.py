import copy
import warnings

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from dlcs_core.network.export import export_network
from dlcs_core.network.gradcam import cells_to_pixels, make_activation_map, pixels_to_slice
from dlcs_core.network.guided_gradcam import gradcam
from dlcs_core.network.inference import Network
from dlcs_core.preprocessing.model_input import InputFrame


def test_interpolation_is_torchs_bilinear():
    cells = np.random.default_rng(0).random((7, 7))
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(cells)[None, None], (112, 112), mode="bilinear", align_corners=False
    )[0, 0]
    np.testing.assert_allclose(cells_to_pixels(cells), expected.numpy(), atol=1e-12)


def test_cell_is_centred_on_its_square_of_16_pixels():
    cells = np.zeros((7, 7))
    cells[2, 5] = 1
    pixels = cells_to_pixels(cells)
    rows, columns = np.nonzero(pixels == pixels.max())
    assert (rows.mean(), columns.mean()) == (16 * 2.5 - 0.5, 16 * 5.5 - 0.5)


def test_share_inside_the_mask_is_the_part_of_the_sum():
    mask = np.zeros((112, 112), np.uint8)
    mask[:56] = 1
    assert make_activation_map(np.ones((7, 7)), mask).share_inside_mask == pytest.approx(0.5)


def test_map_without_evidence_stays_flat():
    shown = make_activation_map(np.zeros((7, 7)), np.ones((112, 112), np.uint8))
    assert shown.share_inside_mask is None
    assert shown.peak == 0
    assert not shown.relative.any()


def test_relative_map_peaks_at_one_and_raw_map_keeps_its_values():
    shown = make_activation_map(np.full((7, 7), 0.25), np.ones((112, 112), np.uint8))
    assert shown.relative.max() == 1
    np.testing.assert_allclose(shown.pixels, 0.25)


def test_map_on_the_slice_keeps_its_place_in_millimetres():
    frame = InputFrame(origin_mm=(33.3, 120.7), spacing_mm=1.0)
    rows, columns = np.mgrid[:112, :112].astype(float)
    ramp = (33.3 + rows) + 1000 * (120.7 + columns)
    on_slice = pixels_to_slice(ramp, frame, (300, 512), (0.7, 0.6))
    row_mm, column_mm = np.mgrid[:300, :512] * np.array([0.7, 0.6])[:, None, None]
    inner = (
        (row_mm > 33.3) & (row_mm < 33.3 + 111) & (column_mm > 120.7) & (column_mm < 120.7 + 111)
    )
    np.testing.assert_allclose(on_slice[inner], (row_mm + 1000 * column_mm)[inner], rtol=1e-9)


def test_map_on_the_slice_is_zero_outside_the_frame():
    frame = InputFrame(origin_mm=(20.0, -10.0), spacing_mm=1.0)
    on_slice = pixels_to_slice(np.ones((112, 112)), frame, (200, 200), (1.0, 1.0))
    expected = np.zeros((200, 200))
    expected[20:132, :102] = 1
    np.testing.assert_allclose(on_slice, expected)


def peak_errors(network, lesions, n_views):
    """From each planted lesion to the peak of its map, in pixels (rows, columns)."""
    peaks = []
    for image in lesions[0]:
        cam = network.run_views(image, n_views).cam
        pixels = make_activation_map(cam, np.zeros((112, 112), np.uint8)).pixels
        peaks.append(np.unravel_index(pixels.argmax(), pixels.shape))
    return np.array(peaks) - lesions[1]


@pytest.fixture(scope="module")
def detector(lesion_detector, lesions):
    exported = export_network(lesion_detector, lesions[0][:1])
    return Network(exported.graph, [exported.weights], threads=1)


def test_map_points_at_the_planted_lesion(detector, lesions):
    half_diagonal_of_a_cell = 8 * np.sqrt(2)
    errors = peak_errors(detector, lesions, n_views=8)
    assert np.mean(np.hypot(*errors.T) <= half_diagonal_of_a_cell) >= 0.75


def test_two_views_undo_the_shift_of_a_single_one(detector, lesions):
    one, two = (peak_errors(detector, lesions, n_views).mean(axis=0) for n_views in (1, 2))
    np.testing.assert_allclose(one, 7.5, atol=5)
    np.testing.assert_allclose(two, 0, atol=5)


HEAD = ("fc", "se_out")


@pytest.mark.parametrize("parts", [HEAD, (*HEAD, "layer3"), (*HEAD, "layer3", "layer2"), ("",)])
def test_map_changes_when_weights_are_randomised(parts, randomised, lesion_detector, lesions):
    """Sanity check of Adebayo et al. 2018, cascading from the head down."""
    images = torch.from_numpy(lesions[0])
    before = gradcam(lesion_detector, images).numpy()
    after = gradcam(randomised(lesion_detector, parts), images).numpy()
    correlation = [
        spearmanr(a.ravel(), b.ravel()).statistic
        for a, b in zip(before, after, strict=True)
        if np.ptp(b) > 0
    ]
    assert np.sum(correlation) / len(before) < 0.4


def test_map_of_a_turned_image_is_the_turned_map(detector, lesions):
    image = lesions[0][0]
    upright = detector.run_views(image, 8).cam
    turned = detector.run_views(np.ascontiguousarray(np.rot90(image, axes=(1, 2))), 8).cam
    assert upright.max() > 0
    np.testing.assert_allclose(turned, np.rot90(upright), atol=1e-4 * upright.max())


def test_one_view_is_only_roughly_turned_with_the_image(detector, lesions):
    """Why maps are averaged over views: the strides look up and left."""
    image = lesions[0][0]
    upright = detector.run_views(image, 1).cam
    turned = detector.run_views(np.ascontiguousarray(np.rot90(image, axes=(1, 2))), 1).cam
    assert np.abs(turned - np.rot90(upright)).max() > 0.01 * upright.max()


def test_map_of_labels_at_random_does_not_find_the_lesion(detector, random_label_detector, lesions):
    """Sanity check of Adebayo et al. 2018: a map must depend on what was to be learnt."""
    exported = export_network(random_label_detector, lesions[0][:1])
    at_random = Network(exported.graph, [exported.weights], threads=1)
    half_diagonal_of_a_cell = 8 * np.sqrt(2)
    hits = [
        np.mean(np.hypot(*peak_errors(network, lesions, n_views=8).T) <= half_diagonal_of_a_cell)
        for network in (detector, at_random)
    ]
    assert hits[0] - hits[1] >= 0.5


def test_map_against_response_explains_what_lowers_the_logit(lesion_detector, lesions):
    """With the head turned round, the map is that of the other answer: not the same one."""
    images = torch.from_numpy(lesions[0])
    opposite = copy.deepcopy(lesion_detector)
    with torch.no_grad():
        opposite.fc.weight.neg_()
    for_it, against = gradcam(lesion_detector, images), gradcam(opposite, images)
    assert not (for_it * against).any()
    assert for_it.amax((1, 2)).min() > 0


def test_map_equals_captums(model, images):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        attr = pytest.importorskip("captum.attr")
        x = torch.from_numpy(images)
        layer = attr.LayerGradCam(lambda batch: model(batch)[:, None], model.layer3)
        theirs = layer.attribute(x, target=0, relu_attributions=True)[:, 0].detach()
    ours = gradcam(model, x)
    assert ours.max() > 1e-3
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


def test_many_explanations_leave_no_memory_behind(model, images):
    resource = pytest.importorskip("resource")
    x = torch.from_numpy(images[:1])
    gradcam(model, x)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(30):
        gradcam(model, x)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
