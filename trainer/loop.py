"""Train one fold's network, from its last checkpoint or from the start."""

import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dlcs_core.errors import TrainingError
from dlcs_core.network.se_resnet50 import SeResNet50
from trainer.augment import (
    AUGMENTATION,
    INITIAL_WEIGHTS,
    ORDER,
    augment,
    batches_of,
    draw_epoch_order,
    draw_slices,
    generator,
)
from trainer.checkpoint import read_checkpoint
from trainer.config import TrainingConfig
from trainer.data_parallel import ALONE, Team
from trainer.fold_state import (
    FoldState,
    initial_state,
    restore_state,
    save_state,
    set_rate,
    update_average,
)
from trainer.losses import mix, patient_losses, positive_weight
from trainer.schedule import rate_and_momentum
from trainer.scoring import score_patients, to_device
from trainer.stored_form import weights_as_stored
from trainer.synthetic_order import draw_synthetic_order
from trainer.tensorboard_log import write_tensorboard

DROPOUT = 101
"""Purpose of a draw, beside those of :mod:`trainer.augment`."""

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
    synthetic_rows : array of int64
        Rows of synthetic images behind those of the patients.
    further : float32 array, shape (n_patients, 2, 112, 112), optional
        The slices below and above the three, for recipes that draw among five. Synthetic
        images have none.
    """

    images: NDArray[np.float32]
    good_response: NDArray[np.bool_]
    training_rows: NDArray[np.int64]
    held_out_rows: NDArray[np.int64]
    synthetic_rows: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    further: NDArray[np.float32] | None = None

    def further_of(self, row: int) -> NDArray[np.float32]:
        """Return the two slices beyond an image's three; the outer ones again without any."""
        if self.further is None or row >= len(self.further):
            outer: NDArray[np.float32] = self.images[row][[0, 2]]
            return outer
        beyond: NDArray[np.float32] = self.further[row]
        return beyond

    def by_class(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return rows of the class that is rarer in the training part, then the others."""
        response = self.good_response
        is_rare = response if np.mean(response[self.training_rows]) <= 0.5 else ~response
        return rows[is_rare[rows]], rows[~is_rare[rows]]


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
    team : Team
        Processes that train this fold together.
    tensorboard : bool
        Whether the log is also written for TensorBoard.
    """

    fold: int
    config: TrainingConfig
    folder: Path
    fingerprint: str
    device: torch.device
    team: Team = ALONE
    tensorboard: bool = False


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
    run.team.share_statistics(state.model)
    checkpoint = read_checkpoint(run.folder / "checkpoint.safetensors", run.fingerprint)
    if checkpoint is not None:
        restore_state(state, checkpoint)
        report(state.epoch * epoch_length(data, run.config))
    while state.epoch < run.config.optimization.epochs and not state.best.is_stale(state.epoch):
        _run_epoch(state, data, run, report)
        if run.team.leads:
            save_state(state, run.folder, run.fingerprint)
            if run.tensorboard:
                write_tensorboard(state.log, run.folder)
    return _finished(state)


def epoch_length(data: FoldData, config: TrainingConfig) -> int:
    """Return the number of images that an epoch trains on."""
    return sum(map(len, draw_batches(data, config, 0, 0)))


def draw_batches(
    data: FoldData, config: TrainingConfig, fold: int, epoch: int
) -> list[NDArray[np.int64]]:
    """Draw the batches of one epoch."""
    rng = generator(config.seed, ORDER, fold, epoch)
    rows, response, size = data.training_rows, data.good_response, config.optimization.batch_size
    if config.sampling.balancing == "deepsmote":
        real, synthetic = data.by_class(rows), data.by_class(data.synthetic_rows)
        return batches_of(draw_synthetic_order(real, synthetic, config.deepsmote, size, rng), size)
    order = draw_epoch_order(rows, response, config.sampling.balancing, rng)
    return batches_of(order, size)


def _run_epoch(state: FoldState, data: FoldData, run: FoldRun, report: Report) -> None:
    """Train one epoch and add its row to the log."""
    started = time.monotonic()
    settings = run.config.optimization
    batches = draw_batches(data, run.config, run.fold, state.epoch)
    weight = _positive_weight(data, run.config)
    # Only dropout draws from torch's own stream: it, too, must not depend on what was before.
    torch.manual_seed(
        int(generator(run.config.seed, DROPOUT, run.fold, state.epoch).integers(2**31))
    )
    state.model.train()
    losses = []
    for index, rows in enumerate(batches):
        _set_rate(state, state.epoch * len(batches) + index, len(batches), run.config)
        part = run.team.own_part(rows)
        place = (state.epoch, index * settings.batch_size + part.start)
        images = augmented_batch(data, rows[part], run, place)
        target = torch.from_numpy(data.good_response[rows[part]]).to(run.device, torch.float32)
        draw = (run.config.seed, run.fold, state.epoch, index, run.team.rank)
        images, target = mix(images, target, run.config.sampling.mixup_alpha, draw)
        losses.append(_step(state, images, (target, weight, len(rows)), run))
        if not math.isfinite(losses[-1]):
            raise TrainingError("loss_not_finite", fold=run.fold + 1, epoch=state.epoch + 1)
        report(len(rows))
    state.epoch += 1
    row: dict[str, Any] = {"epoch": state.epoch, "loss": float(np.mean(losses))}
    row |= _validation(state, data, run)
    state.log.append(row | {"seconds": round(time.monotonic() - started, 2)})


def _step(
    state: FoldState, images: Tensor, answer: tuple[Tensor, Tensor | None, int], run: FoldRun
) -> float:
    """Forward, backward, clip, step, average; return the loss of the whole batch.

    The answer is the target, the good responders' weight, and the size of the whole batch.
    """
    settings, model = run.config.optimization, state.model
    target, weight, size = answer
    left_in_cycle = settings.cycle_epochs - state.epoch % settings.cycle_epochs
    rounding = left_in_cycle <= settings.quantized_epochs
    # Without its special instructions a CPU computes bfloat16 forty times slower.
    mixed = settings.mixed_precision and images.device.type == "cuda"
    with weights_as_stored(model, run.config.storage) if rounding else nullcontext():
        with torch.autocast(images.device.type, torch.bfloat16, enabled=mixed):
            logits = model(images).float()
        loss = patient_losses(logits, target, settings, weight).sum() / size
        state.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
    run.team.sum_gradients(model)
    nn.utils.clip_grad_norm_(model.parameters(), settings.gradient_clip)
    state.optimizer.step()
    if state.average is not None:
        update_average(state.average, model, settings.ema_decay)
    return run.team.sum(loss.item())


def _positive_weight(data: FoldData, config: TrainingConfig) -> Tensor | None:
    """Weight of a good responder in the loss, where the classes are balanced by weight."""
    if config.sampling.balancing != "weighted":
        return None
    return positive_weight(data.good_response[data.training_rows])


def _set_rate(state: FoldState, step: int, steps_per_epoch: int, config: TrainingConfig) -> None:
    """Give the optimiser the step's learning rate and momentum."""
    rate, momentum = rate_and_momentum(step, steps_per_epoch, config.optimization)
    set_rate(state.optimizer, rate, momentum)


def augmented_batch(
    data: FoldData, rows: NDArray[np.int64], run: FoldRun, position: tuple[int, int]
) -> Tensor:
    """Read and augment one batch; position is the epoch and the batch's first place in it."""
    epoch, first = position
    seed, sampling = run.config.seed, run.config.sampling
    images = []
    for offset, row in enumerate(rows):
        rng = generator(seed, AUGMENTATION, run.fold, epoch, first + offset)
        image = data.images[row]
        if sampling.further_slices:
            image = draw_slices(image, data.further_of(row), sampling.further_slices, rng)
        images.append(augment(image, sampling, rng))
    return to_device(np.stack(images), run.device)


def _validation(state: FoldState, data: FoldData, run: FoldRun) -> dict[str, float]:
    """Score the held-out fold and remember the best epoch, where the recipe chooses by it."""
    if not state.best.patience:
        return {}
    from sklearn.metrics import roc_auc_score

    candidate = state.average or state.model
    logits, _ = score_patients(candidate, data.images, data.held_out_rows, 1, run.device)
    auc = float(roc_auc_score(data.good_response[data.held_out_rows], logits))
    earlier = [row["validation_auc"] for row in state.log]
    criterion = state.best.criterion([*earlier, auc])
    state.best.see(state.epoch, criterion, candidate.state_dict())
    return {"validation_auc": auc, "smoothed_auc": criterion}


def _finished(state: FoldState) -> SeResNet50:
    """Return the network to deliver, in evaluation mode."""
    model = state.average or state.model
    if state.best.tensors:
        model.load_state_dict(state.best.tensors)
    return model.eval()
