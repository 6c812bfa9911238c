import numpy as np
import torch
from scipy.stats import spearmanr
from torch import nn

from dlcs_core.network.guided_gradcam import gradcam, guided_backpropagation, guided_gradcam


def by_hooks(model, images):
    """Guided backpropagation the other way: hooks that clamp what each ReLU passes back."""
    relus = [module for module in model.modules() if isinstance(module, nn.ReLU)]
    in_place = [relu.inplace for relu in relus]
    for relu in relus:
        relu.inplace = False
    hooks = [r.register_full_backward_hook(lambda _, g, __: (g[0].clamp_min(0),)) for r in relus]
    inputs = images.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(inputs).sum(), inputs)
    for relu, flag, hook in zip(relus, in_place, hooks, strict=True):
        relu.inplace = flag
        hook.remove()
    return gradient


def test_guided_backpropagation_equals_hooks_on_every_relu(make_model, images):
    tensor = torch.from_numpy(images)
    expected = by_hooks(make_model(), tensor)
    assert expected.abs().max() > 0
    torch.testing.assert_close(guided_backpropagation(make_model(), tensor), expected)


def test_guided_gradcam_is_silent_where_the_map_is(lesion_detector, lesions):
    tensor = torch.from_numpy(lesions[0])
    guided = guided_gradcam(lesion_detector, tensor)
    cells = torch.nn.functional.interpolate(
        gradcam(lesion_detector, tensor)[:, None], (112, 112), mode="bilinear"
    )
    assert guided.shape == tensor.shape
    assert not guided[(cells == 0).expand_as(guided)].any()


def test_explaining_leaves_the_model_as_it_was(make_model, images):
    model = make_model()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    types = [type(module) for module in model.modules()]
    guided_gradcam(model, torch.from_numpy(images))
    assert all(torch.equal(before[name], t) for name, t in model.state_dict().items())
    assert [type(module) for module in model.modules()] == types
    assert all(p.grad is None and p.requires_grad for p in model.parameters())
    assert not any(m.training or m._forward_hooks or m._backward_hooks for m in model.modules())


def test_guided_backpropagation_fails_the_sanity_check(lesion_detector, randomised, lesions):
    """It hardly changes with the weights (Adebayo et al. 2018): why it explains no case."""
    images = torch.from_numpy(lesions[0])
    changed = randomised(lesion_detector, ("fc", "se_out", "layer3"))
    before, after = (
        guided_backpropagation(network, images).abs().sum(1).numpy()
        for network in (lesion_detector, changed)
    )
    correlation = [
        spearmanr(a.ravel(), b.ravel()).statistic for a, b in zip(before, after, strict=True)
    ]
    assert np.mean(correlation) > 0.6
