"""Everything that changes while one fold is trained, and its way into and out of a checkpoint."""

import copy
import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dlcs_core.network.se_resnet50 import SeResNet50
from trainer.checkpoint import Checkpoint, write_atomically, write_checkpoint
from trainer.config import NetworkConfig, OptimizationConfig, TrainingConfig
from trainer.imagenet_weights import load_imagenet_weights
from trainer.selection import BestEpoch


@dataclass
class FoldState:
    """Mutable state of a fold's training; all of it goes into the checkpoint.

    Attributes
    ----------
    model : SeResNet50
        Exact weights, not rounded.
    optimizer : Optimizer
        With one group for matrices (decayed) and one for vectors.
    average : SeResNet50 or None
        Moving average of weights and buffers.
    best : BestEpoch
        Only used by recipes that choose the epoch.
    epoch : int
        Epochs done.
    log : list of dict
        One row per epoch done.
    """

    model: SeResNet50
    optimizer: torch.optim.Optimizer
    average: SeResNet50 | None
    best: BestEpoch
    epoch: int = 0
    log: list[dict[str, Any]] = field(default_factory=list)


def initial_state(config: TrainingConfig, device: torch.device) -> FoldState:
    """Build network, optimiser and, if asked, the moving average, from torch's current seed."""
    settings = config.optimization
    model = make_network(config.network).to(device).to(memory_format=torch.channels_last)
    optimizer = make_optimizer(model, settings)
    average = copy.deepcopy(model) if settings.ema_decay else None
    patience = settings.patience_epochs if settings.selection == "best_validation_auc" else 0
    return FoldState(model, optimizer, average, BestEpoch(patience, settings.smoothing_epochs))


def make_network(settings: NetworkConfig) -> SeResNet50:
    """Build the network from torch's current seed, with ImageNet weights where asked."""
    model = SeResNet50(
        stem_gate=settings.stem_gate,
        input_scaling=settings.input_scaling,
        reduction=settings.se_reduction,
        gates=settings.gates,
        slices=settings.slices,
        gate_init=settings.gate_init,
        zero_init=settings.zero_init_residual,
        dropout=settings.dropout,
    )
    if settings.initial_weights == "imagenet":
        path = Path(settings.imagenet_weights_file)
        load_imagenet_weights(model, path, settings.imagenet_weights_sha256)
    return model


def make_optimizer(model: nn.Module, settings: OptimizationConfig) -> torch.optim.Optimizer:
    """Build the optimiser over what is trained, decay on matrices only."""
    trained = [one for one in model.parameters() if one.requires_grad]
    groups = [
        {
            "params": [one for one in trained if one.ndim > 1],
            "weight_decay": settings.weight_decay,
        },
        {"params": [one for one in trained if one.ndim <= 1], "weight_decay": 0.0},
    ]
    rate = settings.max_learning_rate
    if settings.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=rate, momentum=0.9, nesterov=True)
    kind = torch.optim.Adam if settings.optimizer == "adam" else torch.optim.AdamW
    return kind(groups, lr=rate)


def set_rate(optimizer: torch.optim.Optimizer, rate: float, momentum: float) -> None:
    """Give the optimiser a step's learning rate and momentum (Adam's first)."""
    for group in optimizer.param_groups:
        group["lr"] = rate
        if "betas" in group:
            group["betas"] = (momentum, group["betas"][1])
        else:
            group["momentum"] = momentum


@torch.no_grad()
def update_average(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the average, buffers included, towards the model."""
    current = model.state_dict()
    for name, tensor in average.state_dict().items():
        if tensor.is_floating_point():
            tensor.lerp_(current[name], 1.0 - decay)
        else:
            tensor.copy_(current[name])


def save_state(state: FoldState, folder: Path, fingerprint: str) -> None:
    """Write the checkpoint, then the log that stands in it as ``log.csv``."""
    facts = {
        "fingerprint": fingerprint,
        "epoch": state.epoch,
        "log": state.log,
        "best": {"epoch": state.best.epoch, "auc": state.best.auc} if state.best.tensors else None,
    }
    tensors = dict(_named_tensors(state))
    write_checkpoint(folder / "checkpoint.safetensors", Checkpoint(tensors, facts))
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(state.log[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(state.log)
    write_atomically(folder / "log.csv", text.getvalue().encode())


def restore_state(state: FoldState, checkpoint: Checkpoint) -> None:
    """Bring a fresh state to where a checkpoint left off, bit for bit."""
    for name, tensor in _named_tensors(state):
        with torch.no_grad():
            tensor.copy_(checkpoint.tensors[name])
    for number, parameter in enumerate(_parameters(state.optimizer)):
        moments = _under(f"optimizer.{number}.", checkpoint.tensors)
        state.optimizer.state[parameter] = {
            key: _like(parameter, moment) for key, moment in moments.items()
        }
    state.epoch, state.log = int(checkpoint.facts["epoch"]), list(checkpoint.facts["log"])
    best = checkpoint.facts["best"]
    if best:
        state.best.epoch, state.best.auc = int(best["epoch"]), float(best["auc"])
        state.best.tensors = _under("best.", checkpoint.tensors)


def _named_tensors(state: FoldState) -> Iterator[tuple[str, Tensor]]:
    """Every tensor of the state by its name in the checkpoint."""
    for name, tensor in state.model.state_dict().items():
        yield f"model.{name}", tensor
    if state.average is not None:
        for name, tensor in state.average.state_dict().items():
            yield f"average.{name}", tensor
    for name, tensor in state.best.tensors.items():
        yield f"best.{name}", tensor
    for number, parameter in enumerate(_parameters(state.optimizer)):
        for key, value in state.optimizer.state[parameter].items():
            yield f"optimizer.{number}.{key}", value


def _parameters(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def _like(parameter: Tensor, stored: Tensor) -> Tensor:
    """Give a stored moment its parameter's layout, so that the next step rounds the same way."""
    if stored.ndim != parameter.ndim:
        return stored  # the step counter
    return torch.empty_like(parameter).copy_(stored)


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose names start with a prefix, without it."""
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
