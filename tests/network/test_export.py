import copy
import subprocess
import sys

import numpy as np
import pytest
import torch

from dlcs_core.network.architecture import weight_shapes
from dlcs_core.network.export import export_network, weight_arrays
from dlcs_core.network.guided_gradcam import gradcam
from dlcs_core.network.inference import Network

VARIANTS = [
    {"stem_gate": stem_gate, "input_scaling": input_scaling}
    for stem_gate in ("after_pool", "before_pool")
    for input_scaling in ("window", "soft_tissue", "imagenet")
] + [{"reduction": 4}, {"reduction": 32}, {"gates": "none"}, {"gates": "first"}, {"slices": "key"}]


@pytest.mark.parametrize(
    "options", VARIANTS, ids=lambda options: "-".join(map(str, options.values()))
)
def test_served_logit_and_map_equal_torch(options, make_model, images):
    model = make_model(**options)
    exported = export_network(model, images)
    served = Network(exported.graph, [exported.weights]).run(images).logits[0]
    with torch.no_grad():
        logits = model(torch.from_numpy(images)).numpy()
    assert np.ptp(logits) > 0.01
    np.testing.assert_allclose(served, logits, atol=1e-5)
    assert exported.logit_error == pytest.approx(np.abs(served - logits).max(), abs=1e-7)
    assert exported.cam_error < 1e-5


def test_closed_form_map_equals_gradcam_by_autograd(model, network, images):
    by_autograd = gradcam(model, torch.from_numpy(images)).numpy()
    served = network.run(images).cam[0]
    assert by_autograd.max() > 1e-3
    np.testing.assert_allclose(served, by_autograd, atol=1e-5)


def test_closed_form_includes_the_gradient_through_the_gate(model, network, images):
    with torch.no_grad():
        feature_map = model.feature_map(torch.from_numpy(images))
        gate = model.se_out.gate(feature_map.mean((2, 3)))
        weights = (gate * model.fc.weight / 49)[:, :, None, None]
        without = (weights * feature_map).sum(1).relu().numpy()
    assert np.abs(without - network.run(images).cam[0]).max() > 1e-4


def test_features_are_what_the_last_layer_weighs(model, network, images):
    output = network.run(images)
    weight, bias = model.fc.weight.detach().numpy()[0], model.fc.bias.item()
    np.testing.assert_allclose(output.features[0] @ weight + bias, output.logits[0], atol=1e-5)


def test_export_leaves_the_model_in_training_untouched(model, images):
    training = copy.deepcopy(model).train()
    training.layer2.eval()
    flags = [module.training for module in training.modules()]
    before = {name: tensor.clone() for name, tensor in training.state_dict().items()}
    export_network(training, images)
    assert [module.training for module in training.modules()] == flags
    assert all(torch.equal(before[name], t) for name, t in training.state_dict().items())
    assert all(parameter.grad is None for parameter in training.parameters())


def test_export_of_a_model_in_training_serves_its_evaluation(model, network, images):
    exported = export_network(copy.deepcopy(model).train(), images)
    served = Network(exported.graph, [exported.weights]).run(images)
    np.testing.assert_array_equal(served.logits[0], network.run(images).logits[0])


def test_exported_weights_are_copies(model, exported):
    arrays = weight_arrays(model)
    arrays["fc.bias"] += 1
    assert model.fc.bias.item() == exported.weights["fc.bias"][0]


def test_training_needs_no_onnx():
    program = (
        "import sys; sys.modules['onnx'] = sys.modules['onnxruntime'] = None; "
        "from dlcs_core.network.export import weight_arrays; "
        "from dlcs_core.network.se_resnet50 import SeResNet50; "
        "print(len(weight_arrays(SeResNet50())))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert int(result.stdout) == len(weight_shapes())
