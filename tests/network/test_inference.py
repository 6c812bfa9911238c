import gc
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from dlcs_core.errors import ModelError
from dlcs_core.network.graph import make_graph
from dlcs_core.network.inference import Network, turn_and_flip, turn_and_flip_back
from dlcs_core.network.storage import encode_weights


def test_output_has_folds_first(network, images):
    output = network.run(images)
    assert output.logits.shape == (2, 3)
    assert output.cam.shape == (2, 3, 7, 7)
    assert output.features.shape == (2, 3, 1024)


def test_folds_keep_their_order(network, exported, images):
    first = Network(exported.graph, [exported.weights]).run(images)
    np.testing.assert_array_equal(network.run(images).logits[0], first.logits[0])
    assert np.abs(np.diff(network.run(images).logits, axis=0)).min() > 1e-3


def test_result_does_not_depend_on_the_batch(network, images):
    alone = [network.run(image[np.newaxis]).logits[:, 0] for image in images]
    np.testing.assert_allclose(np.transpose(alone), network.run(images).logits, atol=1e-5)


def test_stored_weights_run_as_their_decoded_floats(exported, images):
    stored = encode_weights(exported.weights, "float16")
    floats = {name: array.astype(np.float32) for name, array in stored.items()}
    runs = [Network(exported.graph, [w], threads=1).run(images) for w in (stored, floats)]
    np.testing.assert_array_equal(runs[0].logits, runs[1].logits)


def test_sessions_own_their_weights(exported, images):
    weights = {name: array.copy() for name, array in exported.weights.items()}
    network = Network(exported.graph, [weights], threads=1)
    before = network.run(images).logits
    for array in weights.values():
        array[...] = np.nan
    gc.collect()
    np.testing.assert_array_equal(network.run(images).logits, before)


def test_runs_from_several_threads_agree(exported, images):
    network = Network(exported.graph, [exported.weights], threads=1)
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: network.run(images).logits, range(8)))
    assert all(np.array_equal(run, runs[0]) for run in runs)


def test_number_of_threads_can_be_changed_after_a_run(exported, images):
    network = Network(exported.graph, [exported.weights], threads=1)
    one = network.run(images).logits
    network.use_threads(2)
    assert network.warm_up()[0].get_session_options().intra_op_num_threads == 2
    np.testing.assert_allclose(network.run(images).logits, one, atol=1e-5)


@pytest.mark.parametrize("view", range(8))
def test_views_are_undone_exactly(view):
    plane = np.random.default_rng(0).random((2, 7, 7))
    np.testing.assert_array_equal(turn_and_flip_back(turn_and_flip(plane, view), view), plane)


@pytest.mark.parametrize("n_views", [1, 2, 4, 8])
def test_views_are_distinct_and_form_a_group(n_views):
    plane = np.arange(9).reshape(3, 3)
    views = {turn_and_flip(plane, v).tobytes() for v in range(n_views)}
    pairs = {
        turn_and_flip(turn_and_flip(plane, a), b).tobytes()
        for a in range(n_views)
        for b in range(n_views)
    }
    assert len(views) == n_views
    assert pairs == views


@pytest.mark.parametrize("view", range(1, 8))
def test_mean_over_eight_views_follows_every_turn_and_flip(view, network, images):
    upright = network.run_views(images[0])
    turned = network.run_views(turn_and_flip(images[0], view))
    np.testing.assert_allclose(turned.fold_logits, upright.fold_logits, atol=1e-5)
    np.testing.assert_allclose(turned.features, upright.features, atol=1e-5)
    np.testing.assert_allclose(turned.cam, turn_and_flip(upright.cam, view), atol=1e-5)


def test_one_view_is_the_plain_run(network, images):
    viewed, plain = network.run_views(images[0], n_views=1), network.run(images[:1])
    np.testing.assert_allclose(viewed.fold_logits, plain.logits[:, 0], rtol=1e-6)
    np.testing.assert_allclose(viewed.cam, plain.cam[:, 0].mean(axis=0), rtol=1e-5)


def code(call, *arguments):
    with pytest.raises(ModelError) as caught:
        call(*arguments)
    return caught.value.code


@pytest.mark.parametrize(
    "shape", [(3, 112, 112), (0, 3, 112, 112), (1, 1, 112, 112), (1, 3, 96, 96)]
)
def test_input_of_another_shape_is_refused(shape, network):
    assert code(network.run, np.zeros(shape, np.float32)) == "network_input_shape"


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.1, 1.1])
def test_input_outside_zero_to_one_is_refused(value, network, images):
    spoilt = images.copy()
    spoilt[1, 2, 50, 50] = value
    assert code(network.run, spoilt) == "network_input_range"


def test_other_numbers_of_views_are_refused(network, images):
    assert code(network.run_views, images[0], 3) == "network_view_count"
    assert code(network.run_views, images, 8) == "network_input_shape"


def test_network_without_folds_is_refused():
    assert code(Network, make_graph(), []) == "network_without_folds"


def test_weights_of_another_shape_or_name_are_refused(exported):
    transposed = {**exported.weights, "fc.weight": np.zeros((1024, 1), np.float32)}
    missing = {n: w for n, w in exported.weights.items() if n != "fc.bias"}
    surplus = {**exported.weights, "fc2.bias": np.zeros(1, np.float32)}
    for weights in (transposed, missing, surplus):
        assert code(Network, exported.graph, [weights]) == "network_weights_mismatch"


def test_input_is_not_modified(network, images):
    before = images.copy()
    network.run_views(images[0])
    np.testing.assert_array_equal(images, before)


def test_serving_imports_no_torch_no_onnx_and_no_session_before_the_first_run():
    program = (
        "import sys; import dlcs_core.bundle.reader, dlcs_core.network.inference, "
        "dlcs_core.network.gradcam; "
        "print(sorted({'torch', 'torchvision', 'onnx', 'onnxruntime'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
