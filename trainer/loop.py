"""Train one fold's network, from its last checkpoint or from the start."""

import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from dlcs_core.errors import TrainingError
from dlcs_core.network.se_resnet50 import SeResNet50
from trainer.augment import (
    AUGMENTATION,
    INITIAL_WEIGHTS,
    ORDER,
    augment,
    batches_of,
    draw_epoch_order,
    generator,
)
from trainer.checkpoint import read_checkpoint
from trainer.config import TrainingConfig
from trainer.fold_state import (
    FoldState,
    initial_state,
    restore_state,
    save_state,
    set_rate,
    update_average,
)
from trainer.schedule import rate_and_momentum
from trainer.scoring import score_patients, to_device
from trainer.stored_form import weights_as_stored

Report = Callable[[int], object]
"""Called with the number of training images that have been seen since the last call."""


@dataclass(frozen=True)
class FoldData:
    """What the training of one fold may look at.

    Attributes
    ----------
    images : float32 array, shape (n_patients, 3, 112, 112)
        The cache; only ``training_rows`` are read (and ``held_out_rows`` where the recipe
        chooses the epoch on them, as the paper did).
    good_response : array of bool, shape (n_patients,)
        Outcome; read at the same rows only.
    training_rows, held_out_rows : array of int64
        Rows of the fold's two parts; disjoint by patient.
    """

    images: NDArray[np.float32]
    good_response: NDArray[np.bool_]
    training_rows: NDArray[np.int64]
    held_out_rows: NDArray[np.int64]


@dataclass(frozen=True)
class FoldRun:
    """Where and how one fold is trained.

    Attributes
    ----------
    fold : int
        Its number; part of every draw's coordinates.
    config : TrainingConfig
        Recipe.
    folder : Path
        Receives ``checkpoint.safetensors`` and ``log.csv`` after every epoch.
    fingerprint : str
        Of configuration, data and folds; a checkpoint of another one is refused.
    device : torch.device
        Where to compute.
    """

    fold: int
    config: TrainingConfig
    folder: Path
    fingerprint: str
    device: torch.device


def train_fold(data: FoldData, run: FoldRun, report: Report) -> SeResNet50:
    """Train one fold.

    Parameters
    ----------
    data : FoldData
        Images, outcome and the fold's rows.
    run : FoldRun
        Recipe and place.
    report : callable
        Progress; epochs of the checkpoint are reported at once.

    Returns
    -------
    SeResNet50
        In evaluation mode; not yet rounded to the stored form.

    Raises
    ------
    TrainingError
        If the loss is not finite or the checkpoint cannot be used.
    """
    seed = generator(run.config.seed, INITIAL_WEIGHTS, run.fold).integers(2**31)
    torch.manual_seed(int(seed))
    state = initial_state(run.config, run.device)
    checkpoint = read_checkpoint(run.folder / "checkpoint.safetensors", run.fingerprint)
    if checkpoint is not None:
        restore_state(state, checkpoint)
        report(state.epoch * epoch_length(data, run.config))
    while state.epoch < run.config.optimization.epochs and not state.best.is_stale(state.epoch):
        _run_epoch(state, data, run, report)
        save_state(state, run.folder, run.fingerprint)
    return _finished(state)


def epoch_length(data: FoldData, config: TrainingConfig) -> int:
    """Return the number of images that an epoch trains on."""
    return sum(map(len, _batches(data, config, 0, 0)))


def _batches(
    data: FoldData, config: TrainingConfig, fold: int, epoch: int
) -> list[NDArray[np.int64]]:
    """Draw the batches of one epoch."""
    rng = generator(config.seed, ORDER, fold, epoch)
    rows, response = data.training_rows, data.good_response
    order = draw_epoch_order(rows, response, config.sampling.balancing, rng)
    return batches_of(order, config.optimization.batch_size)


def _run_epoch(state: FoldState, data: FoldData, run: FoldRun, report: Report) -> None:
    """Train one epoch and add its row to the log."""
    started = time.monotonic()
    settings = run.config.optimization
    batches = _batches(data, run.config, run.fold, state.epoch)
    positive_weight = _positive_weight(data, run.config)
    state.model.train()
    losses = []
    for index, rows in enumerate(batches):
        _set_rate(state, state.epoch * len(batches) + index, len(batches), run.config)
        images = _augmented(data, rows, run, (state.epoch, index * settings.batch_size))
        target = torch.from_numpy(data.good_response[rows]).to(run.device, torch.float32)
        losses.append(_step(state, images, target, positive_weight, run.config))
        if not math.isfinite(losses[-1]):
            raise TrainingError("loss_not_finite", fold=run.fold + 1, epoch=state.epoch + 1)
        report(len(rows))
    state.epoch += 1
    row: dict[str, Any] = {"epoch": state.epoch, "loss": float(np.mean(losses))}
    row |= _validation(state, data, run)
    state.log.append(row | {"seconds": round(time.monotonic() - started, 2)})


def _step(
    state: FoldState,
    images: Tensor,
    target: Tensor,
    positive_weight: Tensor | None,
    config: TrainingConfig,
) -> float:
    """Forward, backward, clip, step, average; return the loss."""
    settings, model = config.optimization, state.model
    left_in_cycle = settings.cycle_epochs - state.epoch % settings.cycle_epochs
    rounding = left_in_cycle <= settings.quantized_epochs
    # Without its special instructions a CPU computes bfloat16 forty times slower.
    mixed = settings.mixed_precision and images.device.type == "cuda"
    with weights_as_stored(model, config.storage) if rounding else nullcontext():
        with torch.autocast(images.device.type, torch.bfloat16, enabled=mixed):
            logits = model(images).float()
        loss = binary_cross_entropy_with_logits(logits, target, pos_weight=positive_weight)
        state.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(model.parameters(), settings.gradient_clip)
    state.optimizer.step()
    if state.average is not None:
        update_average(state.average, model, settings.ema_decay)
    return loss.item()


def _positive_weight(data: FoldData, config: TrainingConfig) -> Tensor | None:
    """Weight of a good responder in the loss, where the classes are balanced by weight."""
    if config.sampling.balancing != "weighted":
        return None
    response = data.good_response[data.training_rows]
    return torch.tensor((~response).sum() / response.sum(), dtype=torch.float32)


def _set_rate(state: FoldState, step: int, steps_per_epoch: int, config: TrainingConfig) -> None:
    """Give the optimiser the step's learning rate and momentum."""
    rate, momentum = rate_and_momentum(step, steps_per_epoch, config.optimization)
    set_rate(state.optimizer, rate, momentum)


def _augmented(
    data: FoldData, rows: NDArray[np.int64], run: FoldRun, position: tuple[int, int]
) -> Tensor:
    """Read and augment one batch; position is the epoch and the batch's first place in it."""
    epoch, first = position
    seed, sampling = run.config.seed, run.config.sampling
    images = [
        augment(
            data.images[row],
            sampling,
            generator(seed, AUGMENTATION, run.fold, epoch, first + offset),
        )
        for offset, row in enumerate(rows)
    ]
    return to_device(np.stack(images), run.device)


def _validation(state: FoldState, data: FoldData, run: FoldRun) -> dict[str, float]:
    """Score the held-out fold and remember the best epoch, where the recipe chooses by it."""
    if not state.best.patience:
        return {}
    from sklearn.metrics import roc_auc_score

    candidate = state.average or state.model
    logits, _ = score_patients(candidate, data.images, data.held_out_rows, 1, run.device)
    auc = float(roc_auc_score(data.good_response[data.held_out_rows], logits))
    state.best.see(state.epoch, auc, candidate.state_dict())
    return {"validation_auc": auc}


def _finished(state: FoldState) -> SeResNet50:
    """Return the network to deliver, in evaluation mode."""
    model = state.average or state.model
    if state.best.tensors:
        model.load_state_dict(state.best.tensors)
    return model.eval()
