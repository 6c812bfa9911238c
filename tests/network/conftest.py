"""A torch network with lived-in batch statistics and a head that spreads the logits."""

import copy

import numpy as np
import pytest
import torch

from dlcs_core.network.export import export_network
from dlcs_core.network.inference import Network
from dlcs_core.network.se_resnet50 import SeResNet50


@pytest.fixture(autouse=True, scope="session")
def single_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def make_model():
    def make(seed=0, **options):
        torch.manual_seed(seed)
        model = SeResNet50(**options).train()
        with torch.no_grad():
            model.fc.weight *= 30
            for _ in range(3):
                model(torch.rand(4, 3, 112, 112))
        return model.eval()

    return make


@pytest.fixture(scope="session")
def model(make_model):
    """Not to be changed."""
    return make_model()


@pytest.fixture(scope="session")
def images():
    """Ellipses with a bright core on a noisy ground, zero outside; not to be changed."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:112, :112]
    drawn = np.zeros((3, 3, 112, 112), np.float32)
    for image in drawn:
        centre, radius = rng.uniform(40, 70, 2), rng.uniform(12, 35, 2)
        inside = ((rows - centre[0]) / radius[0]) ** 2 + ((columns - centre[1]) / radius[1]) ** 2
        tissue = rng.normal(0.5, 0.15, (3, 112, 112)) + 0.2 * (inside < 0.4)
        image[:] = np.where(inside <= 1, np.clip(tissue, 0, 1), 0)
    return drawn


@pytest.fixture(scope="session")
def exported(model, images):
    return export_network(model, images)


@pytest.fixture(scope="session")
def network(exported, make_model, images):
    """Two folds that differ."""
    second = export_network(make_model(seed=1), images)
    return Network(exported.graph, [exported.weights, second.weights], threads=1)


LESION_RADIUS_PX = 9


def draw_lesions(rng, n):
    """Noise, with a bright disc in every second image: images, whether there is one, centres."""
    images = rng.normal(0.4, 0.1, (n, 3, 112, 112))
    present = np.arange(n) % 2 == 1
    centres = rng.uniform(24, 88, (n, 2))
    rows, columns = np.mgrid[:112, :112]
    for i in np.flatnonzero(present):
        distance = np.hypot(rows - centres[i, 0], columns - centres[i, 1])
        images[i] += 0.5 * (distance < LESION_RADIUS_PX)
    return np.clip(images, 0, 1).astype(np.float32), present, centres


def train_detector(*, at_random):
    """Train for seconds to tell images with a disc, or labels that have nothing to do with it."""
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    model = SeResNet50(zero_init=True).train().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    for _ in range(16):
        images, present, _ = draw_lesions(rng, 8)
        label = np.repeat([True, False], 4) if at_random else present
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            model(torch.from_numpy(images)), torch.from_numpy(label).float()
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return with_settled_statistics(model, draw_lesions(rng, 24)[0])


@pytest.fixture(scope="session")
def lesion_detector():
    """Tells images with a disc; not to be changed."""
    return train_detector(at_random=False)


@pytest.fixture(scope="session")
def random_label_detector():
    """Trained on as many images whose labels say nothing; not to be changed."""
    return train_detector(at_random=True)


def with_settled_statistics(model, images):
    """Let the batch norms average over the images: sixteen steps are too few for that."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    with torch.no_grad():
        for batch in np.split(images, 3):
            model(torch.from_numpy(batch))
    return model.eval()


@pytest.fixture(scope="session")
def lesions():
    """Unseen images with a disc, and its centres."""
    images, present, centres = draw_lesions(np.random.default_rng(9), 16)
    return images[present], centres[present]


@pytest.fixture(scope="session")
def randomised():
    """A function: a copy of a network with the named parts initialised anew."""

    def randomise(model, parts):
        changed = copy.deepcopy(model)
        torch.manual_seed(99)
        for name, module in changed.named_modules():
            if name.startswith(parts) and hasattr(module, "reset_parameters"):
                module.reset_parameters()
        return changed.eval()

    return randomise
