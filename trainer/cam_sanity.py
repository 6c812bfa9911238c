"""Do the activation maps of a bundle depend on what it learnt? ``python -m trainer cam-sanity``.

The check of Adebayo et al. (Sanity checks for saliency maps, NeurIPS 2018): the weights of the
first fold's network are drawn anew, part after part from the logit down. A map that explains the
network must change; one that stays only redraws the image. Grad-CAM, which the program shows, and
guided Grad-CAM, which the paper's Figure 4 shows, go through it side by side. Besides: how much
of each map lies on the tumour, and whether a turned image has the turned map.
"""

import copy
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dlcs_core.bundle import layout
from dlcs_core.bundle.reader import verify_files
from dlcs_core.network.gradcam import cells_to_pixels
from dlcs_core.network.guided_gradcam import gradcam, guided_gradcam
from dlcs_core.network.inference import turn_and_flip, turn_and_flip_back
from dlcs_core.network.se_resnet50 import SeResNet50
from dlcs_core.network.variants import VARIANT_BY_GRAPH
from dlcs_core.statistics.correlation import spearman_matrix
from trainer.cache import read_cache, read_masks
from trainer.stored_network import with_weights

STEPS = (
    ("as trained", ()),
    ("+ logit", ("fc",)),
    ("+ last gate", ("fc", "se_out")),
    ("+ group 3", ("fc", "se_out", "layer3")),
    ("+ group 2", ("fc", "se_out", "layer3", "layer2")),
    ("all", ("",)),
)
"""Name of the step, and the parts whose weights are drawn anew."""

SEED = 99
QUARTER_TURN = 4
"""View of :func:`dlcs_core.network.inference.turn_and_flip` that turns by 90 degrees."""

Maps = NDArray[np.float64]
Explain = Callable[[SeResNet50, Tensor], Tensor]


@dataclass(frozen=True)
class MapCheck:
    """What randomisation did to one kind of map.

    Attributes
    ----------
    name : str
        Kind of map.
    maps : float64 array (steps, n, rows, columns)
        Of every case at every step; the first as trained.
    correlation : float64 array (steps, n)
        Spearman's with the map as trained; 0 where a map is flat.
    """

    name: str
    maps: Maps
    correlation: NDArray[np.float64]


@dataclass(frozen=True)
class CamSanity:
    """Results for the model card.

    Attributes
    ----------
    images : float32 array (n, 112, 112)
        Key slices.
    checks : tuple of MapCheck
        Grad-CAM, guided Grad-CAM.
    share_on_tumor, tumor_share : float64 array (n,)
        Part of the map's sum on the outline, and part of the image that the outline covers:
        what a flat map would have.
    turn_error : float
        Largest difference between the map of a turned image, turned back, and the map, both
        averaged over the eight views, as a part of the map's peak.
    """

    images: NDArray[np.float32]
    checks: tuple[MapCheck, ...]
    share_on_tumor: NDArray[np.float64]
    tumor_share: NDArray[np.float64]
    turn_error: float


def check_maps(bundle: Path, cache_directory: Path, patients: int) -> CamSanity:
    """Run all checks on the patients whom the network calls responders most surely.

    Parameters
    ----------
    bundle, cache_directory : Path
        Trained model and a cohort it may be shown, e.g. the one it was fitted on.
    patients : int
        Cases; of the held-out cohorts where the cache has enough of them.
    """
    model, cache = network_of(bundle), read_cache(cache_directory)
    held_out = np.flatnonzero((cache.table["cohort"] != "training").to_numpy(bool))
    rows = held_out if len(held_out) >= patients else np.arange(len(cache.table))
    chosen = _most_certain(model, np.asarray(cache.images[rows[: 8 * patients]]), patients)
    images = torch.from_numpy(np.array(cache.images[rows[chosen]]))
    masks = read_masks(cache_directory)[rows[chosen], 1] > 0
    checks = tuple(
        randomisation(model, images, name, explain)
        for name, explain in (("Grad-CAM", gradcam), ("guided Grad-CAM", _guided))
    )
    pixels = np.stack([cells_to_pixels(one) for one in checks[0].maps[0]])
    totals = np.maximum(pixels.sum((1, 2)), 1e-12)
    return CamSanity(
        images[:, 1].numpy(),
        checks,
        share_on_tumor=(pixels * masks).sum((1, 2)) / totals,
        tumor_share=masks.mean((1, 2)),
        turn_error=turn_error(model, images[:2]),
    )


def network_of(bundle: Path) -> SeResNet50:
    """Return the first fold's network of a verified bundle in torch."""
    from safetensors.numpy import load

    _, contents, _ = verify_files(bundle)
    variant = VARIANT_BY_GRAPH[hashlib.sha256(contents[layout.GRAPH]).hexdigest()]
    model = SeResNet50(
        stem_gate=variant.stem_gate,
        input_scaling=variant.input_scaling,
        reduction=variant.reduction,
    )
    return with_weights(model, load(contents[layout.weights_file(1)]))


@torch.no_grad()
def _most_certain(
    model: SeResNet50, images: NDArray[np.float32], patients: int
) -> NDArray[np.int64]:
    """Places of the images with the highest logits: whose maps have most to show."""
    batches = torch.split(torch.from_numpy(images), 8)
    logits = torch.cat([model(batch) for batch in batches]).numpy()
    return np.sort(np.argsort(-logits)[:patients])


def _guided(model: SeResNet50, images: Tensor) -> Tensor:
    """Guided Grad-CAM as it is drawn: size summed over slices."""
    return guided_gradcam(model, images).abs().sum(1)


def randomisation(model: SeResNet50, images: Tensor, name: str, explain: Explain) -> MapCheck:
    """Explain the images at every step of the cascade.

    Parameters
    ----------
    model : SeResNet50
        In evaluation mode; not changed.
    images : Tensor (n, 3, 112, 112)
        Cases.
    name : str
        Kind of map.
    explain : callable
        Model and images to maps (n, rows, columns), non-negative.
    """
    maps = np.stack(
        [explain(randomised(model, parts), images).double().numpy() for _, parts in STEPS]
    )
    correlation = np.array(
        [[_spearman(one, first) for one, first in zip(step, maps[0], strict=True)] for step in maps]
    )
    return MapCheck(name, maps, correlation)


def randomised(model: SeResNet50, parts: Sequence[str]) -> SeResNet50:
    """Return a copy with the weights of the named parts drawn anew; "" names all of them."""
    changed = copy.deepcopy(model)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        for name, module in changed.named_modules():
            if name.startswith(tuple(parts)) and isinstance(
                module, nn.Conv2d | nn.Linear | nn.BatchNorm2d
            ):
                module.reset_parameters()
    return changed.eval()


def _spearman(a: Maps, b: Maps) -> float:
    """Rank correlation of two maps; 0 where one is flat."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(spearman_matrix(np.stack([a.ravel(), b.ravel()], axis=1))[0, 1])


def turn_error(model: SeResNet50, images: Tensor) -> float:
    """Compare the eight-view map of a turned image with the turned map."""
    original = _eight_views(model, images.numpy())
    turned = _eight_views(model, np.ascontiguousarray(turn_and_flip(images.numpy(), QUARTER_TURN)))
    expected = turn_and_flip(original, QUARTER_TURN)
    return float(np.abs(turned - expected).max() / max(original.max(), 1e-12))


def _eight_views(model: SeResNet50, images: NDArray[np.float32]) -> Maps:
    views = []
    for view in range(8):
        turned = torch.from_numpy(np.ascontiguousarray(turn_and_flip(images, view)))
        views.append(turn_and_flip_back(gradcam(model, turned).double().numpy(), view))
    return np.asarray(np.mean(views, axis=0))
