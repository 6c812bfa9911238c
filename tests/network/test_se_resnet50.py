import pytest
import torch

from dlcs_core.network.architecture import shapes_like, weight_shapes
from dlcs_core.network.se_resnet50 import SeResNet50, centre_on_soft_tissue, scaled

NEW = ("se_in.", "se_out.", "fc.")
DROPPED = ("layer4.", "fc.")


@pytest.fixture(scope="module")
def resnet50():
    torchvision = pytest.importorskip("torchvision")
    torch.manual_seed(1)
    return torchvision.models.resnet50(weights=None).eval()


def test_last_map_is_seven_by_seven_for_112_pixels(model, images):
    with torch.no_grad():
        assert model.feature_map(torch.from_numpy(images)).shape == (3, 1024, 7, 7)


def test_gates_have_4_and_64_hidden_units():
    shapes = weight_shapes()
    assert shapes["se_in.fc1.weight"] == (4, 64)
    assert shapes["se_out.fc1.weight"] == (64, 1024)


def test_listed_weights_are_the_state_dict_without_batch_counters(model):
    state = {n: tuple(t.shape) for n, t in model.state_dict().items()}
    counters = {n for n in state if n.endswith("num_batches_tracked")}
    assert weight_shapes() == {n: shape for n, shape in state.items() if n not in counters}


def test_names_and_shapes_are_torchvisions_in_both_directions(model, resnet50):
    ours = {n: t.shape for n, t in model.state_dict().items() if not n.startswith(NEW)}
    theirs = {n: t.shape for n, t in resnet50.state_dict().items() if not n.startswith(DROPPED)}
    assert ours == theirs


def test_place_of_the_first_gate_changes_the_result_but_no_weight(images):
    torch.manual_seed(0)
    after = SeResNet50().eval()
    before = SeResNet50(stem_gate="before_pool").eval()
    before.load_state_dict(after.state_dict())
    x = torch.from_numpy(images)
    with torch.no_grad():
        assert not torch.equal(after(x), before(x))


def test_zero_init_starts_blocks_as_identity():
    block = SeResNet50(zero_init=True).layer1[1].eval()
    x = torch.rand(2, 256, 28, 28)
    with torch.no_grad():
        assert torch.equal(block(x), x)


def test_open_gates_let_everything_through():
    model = SeResNet50(gate_init="open")
    assert torch.allclose(model.se_out.gate(torch.rand(2, 1024)), torch.tensor(0.982), atol=1e-3)


def test_gradient_reaches_every_weight():
    torch.manual_seed(0)
    model = SeResNet50(dropout=0.1).train()
    model(torch.rand(2, 3, 112, 112)).sum().backward()
    assert [n for n, p in model.named_parameters() if p.grad is None] == []


def test_centring_takes_the_mean_of_soft_tissue_off_and_keeps_zero():
    images = torch.zeros(2, 3, 112, 112)
    images[0, :, 20:60, 20:60] = 0.5
    images[0, :, 20:60, 20:40] = 0.7
    images[0, :, 60:70, 20:60] = 0.2
    centred = centre_on_soft_tissue(images)
    assert not centred[images == 0].any()
    torch.testing.assert_close(centred[0, 0, 30, [30, 50]], torch.tensor([0.1, -0.1]))
    torch.testing.assert_close(centred[0, 0, 65, 30], torch.tensor(-0.4))


def test_centred_network_ignores_how_bright_the_contrast_medium_is(make_model):
    model = make_model(input_scaling="soft_tissue")
    images = torch.zeros(1, 3, 112, 112)
    images[:, :, 20:60, 20:60] = 0.5 + 0.1 * torch.rand(1, 3, 40, 40)
    brighter = torch.where(images > 0, images + 0.1, images)
    with torch.no_grad():
        torch.testing.assert_close(model(images), model(brighter), atol=1e-4, rtol=0)


def test_a_gate_that_is_switched_off_passes_everything_bit_for_bit_and_is_never_trained():
    model = SeResNet50(gates="none").train()
    x = torch.randn(2, 1024, 7, 7)
    assert torch.equal(model.se_out(x), x)
    assert not any(p.requires_grad for p in [*model.se_in.parameters(), *model.se_out.parameters()])


@pytest.mark.parametrize(
    ("gates", "first", "last"), [("first", True, False), ("last", False, True)]
)
def test_one_gate_can_be_kept(gates, first, last):
    model = SeResNet50(gates=gates)
    assert model.se_in.fc1.weight.requires_grad is first
    assert model.se_out.fc1.weight.requires_grad is last


@pytest.mark.parametrize("reduction", [4, 8, 16, 32])
def test_reduction_decides_the_hidden_units(reduction):
    state = SeResNet50(reduction=reduction).state_dict()
    shapes = {n: tuple(t.shape) for n, t in state.items() if not n.endswith("num_batches_tracked")}
    assert shapes == weight_shapes(reduction)
    assert shapes_like(shapes) == weight_shapes(reduction)


def test_network_of_the_key_slice_ignores_the_other_two_and_stays_so_in_training(images):
    torch.manual_seed(0)
    model = SeResNet50(slices="key").train()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-2, weight_decay=0.1)
    model(torch.from_numpy(images)).sum().backward()
    optimizer.step()
    assert not model.conv1.weight[:, [0, 2]].any()
    other = images.copy()
    other[:, [0, 2]] = 0.3
    model.eval()
    with torch.no_grad():
        assert torch.equal(model(torch.from_numpy(images)), model(torch.from_numpy(other)))


def test_imagenet_scaling_is_torchvisions(images):
    normalize = pytest.importorskip("torchvision.transforms.v2").functional.normalize
    x = torch.from_numpy(images)
    expected = normalize(x, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    torch.testing.assert_close(scaled(x, "imagenet"), expected)
