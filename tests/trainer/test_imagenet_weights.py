import hashlib
import pickle

import pytest
import torch
from safetensors.torch import save_file

from dlcs_core.errors import ModelError
from dlcs_core.network.se_resnet50 import SeResNet50
from trainer.imagenet_weights import load_imagenet_weights


@pytest.fixture(scope="module")
def resnet50():
    torchvision = pytest.importorskip("torchvision")
    torch.manual_seed(1)
    return torchvision.models.resnet50(weights=None).eval()


@pytest.fixture(scope="module")
def images():
    return torch.rand(2, 3, 112, 112, generator=torch.Generator().manual_seed(0)).numpy()


@pytest.fixture(scope="module")
def weights_file(resnet50, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "resnet50.safetensors"
    save_file(resnet50.state_dict(), path)
    return path


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_imagenet_weights_make_the_groups_equal_torchvisions(suffix, resnet50, tmp_path, images):
    path = tmp_path / f"resnet50{suffix}"
    write = save_file if suffix == ".safetensors" else torch.save
    write(resnet50.state_dict(), path)
    model = SeResNet50(zero_init=True).eval()
    logit_weight = model.fc.weight.clone()
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert load_imagenet_weights(model, path, sha256) == sha256
    assert torch.equal(model.fc.weight, logit_weight)
    x = torch.from_numpy(images)
    with torch.no_grad():
        stem = resnet50.maxpool(resnet50.relu(resnet50.bn1(resnet50.conv1(x))))
        theirs = resnet50.layer3(resnet50.layer2(resnet50.layer1(stem)))
        assert torch.equal(model.maxpool(model.relu(model.bn1(model.conv1(x)))), stem)
        assert torch.allclose(model.layer3(model.layer2(model.layer1(stem))), theirs, atol=1e-5)


def test_weights_without_batch_counters_load(resnet50, tmp_path):
    state = {n: t for n, t in resnet50.state_dict().items() if "num_batches" not in n}
    save_file(state, tmp_path / "old.safetensors")
    model = SeResNet50()
    load_imagenet_weights(model, tmp_path / "old.safetensors")
    assert torch.equal(model.layer2[1].conv2.weight, state["layer2.1.conv2.weight"])


def refused(path, sha256=None):
    model = SeResNet50()
    before = {n: t.clone() for n, t in model.state_dict().items()}
    with pytest.raises(ModelError) as caught:
        load_imagenet_weights(model, path, sha256)
    assert all(torch.equal(before[n], t) for n, t in model.state_dict().items())
    return caught.value.code


def test_missing_weights_file_is_refused(tmp_path):
    assert refused(tmp_path / "none.pth") == "pretrained_weights_missing"


def test_weights_file_with_another_hash_is_refused(weights_file):
    assert refused(weights_file, "0" * 64) == "pretrained_weights_hash"


def test_weights_of_another_network_are_refused(tmp_path):
    save_file({"conv1.weight": torch.zeros(64, 3, 7, 7)}, tmp_path / "other.safetensors")
    assert refused(tmp_path / "other.safetensors") == "pretrained_weights_mismatch"


def test_weights_of_another_shape_are_refused(resnet50, tmp_path):
    state = {**resnet50.state_dict(), "conv1.weight": torch.zeros(64, 1, 7, 7)}
    save_file(state, tmp_path / "grey.safetensors")
    assert refused(tmp_path / "grey.safetensors") == "pretrained_weights_mismatch"


@pytest.mark.parametrize("name", ["noise.pth", "noise.safetensors"])
def test_broken_weights_file_is_refused(name, tmp_path):
    (tmp_path / name).write_bytes(b"\x80\x02not weights" * 50)
    assert refused(tmp_path / name) == "pretrained_weights_unreadable"


class Canary:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("write", [torch.save, lambda o, p: p.write_bytes(pickle.dumps(o))])
def test_weights_file_never_runs_code(write, tmp_path):
    write({"conv1.weight": Canary(tmp_path / "sang")}, tmp_path / "hostile.pth")
    assert refused(tmp_path / "hostile.pth") == "pretrained_weights_unreadable"
    assert not (tmp_path / "sang").exists()
