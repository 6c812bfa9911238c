"""What one fold's training may see, and that it can be cut off anywhere."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from dlcs_core.errors import TrainingError
from trainer.config import OptimizationConfig, TrainingConfig
from trainer.loop import FoldData, FoldRun, epoch_length, train_fold

PATIENTS = 18
HELD_OUT = np.arange(12, 18)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def recipe(config: TrainingConfig, **changes: object) -> TrainingConfig:
    settings = replace(config.optimization, **changes)  # type: ignore[arg-type]
    return replace(config, optimization=settings)


def fold_data(cohort: tuple[np.ndarray, pd.DataFrame]) -> FoldData:
    images, table = cohort
    response = table["good_response"].to_numpy(dtype=bool)
    return FoldData(images, response, np.arange(12), HELD_OUT)


def train(data: FoldData, config: TrainingConfig, folder: Path) -> dict[str, torch.Tensor]:
    folder.mkdir(exist_ok=True)
    run = FoldRun(0, config, folder, "this run", torch.device("cpu"))
    return dict(train_fold(data, run, lambda _: None).state_dict())


def are_equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


def test_held_out_images_and_outcomes_change_nothing(
    tmp_path: Path, small_cohort: tuple[np.ndarray, pd.DataFrame], smoke_config: TrainingConfig
) -> None:
    data = fold_data(small_cohort)
    images, response = data.images.copy(), data.good_response.copy()
    images[HELD_OUT] = np.nan
    response[HELD_OUT] = ~response[HELD_OUT]
    disturbed = replace(data, images=images, good_response=response)
    untouched = train(data, smoke_config, tmp_path / "a")
    assert are_equal(untouched, train(disturbed, smoke_config, tmp_path / "b"))


def test_a_training_image_does_change_the_network(
    tmp_path: Path, small_cohort: tuple[np.ndarray, pd.DataFrame], smoke_config: TrainingConfig
) -> None:
    data = fold_data(small_cohort)
    images = data.images.copy()
    images[0] = 1 - images[0]
    first = train(data, smoke_config, tmp_path / "a")
    second = train(replace(data, images=images), smoke_config, tmp_path / "b")
    assert not are_equal(first, second)


@pytest.mark.parametrize("ema_decay", [0.0, 0.5])
def test_two_epochs_equal_one_epoch_a_kill_and_another_bit_for_bit(
    tmp_path: Path,
    small_cohort: tuple[np.ndarray, pd.DataFrame],
    smoke_config: TrainingConfig,
    ema_decay: float,
) -> None:
    data = fold_data(small_cohort)
    config = recipe(smoke_config, epochs=2, quantized_epochs=1, ema_decay=ema_decay)
    through = train(data, config, tmp_path / "through")
    cut = tmp_path / "cut"
    _train_until_an_epoch_dies(data, config, cut, epochs=1)
    # Only what is on disk survives a kill.
    moved = tmp_path / "moved"
    shutil.copytree(cut, moved)
    assert are_equal(through, train(data, config, moved))
    assert (moved / "log.csv").read_text().count("\n") == 3


RECIPES: dict[str, dict[str, object]] = {
    "adamw": {},
    "sgd": {"optimizer": "sgd", "max_learning_rate": 1e-2},
    "average": {"ema_decay": 0.9, "loss": "focal"},
    "chosen": {"selection": "best_validation_auc", "patience_epochs": 9, "smoothing_epochs": 2},
}


@pytest.mark.parametrize("changes", RECIPES.values(), ids=RECIPES)
def test_six_epochs_equal_three_a_kill_and_three_more_bit_for_bit(
    tmp_path: Path,
    small_cohort: tuple[np.ndarray, pd.DataFrame],
    smoke_config: TrainingConfig,
    changes: dict[str, object],
) -> None:
    data = fold_data(small_cohort)
    config = recipe(smoke_config, epochs=6, quantized_epochs=2, **changes)
    config = replace(
        config,
        network=replace(config.network, dropout=0.3, gates="first"),
        sampling=replace(config.sampling, mixup_alpha=0.3),
    )
    through = train(data, config, tmp_path / "through")
    _train_until_an_epoch_dies(data, config, tmp_path / "cut", epochs=3)
    assert are_equal(through, train(data, config, tmp_path / "cut"))
    logs = [pd.read_csv(tmp_path / name / "log.csv") for name in ("through", "cut")]
    pd.testing.assert_frame_equal(*(log.drop(columns="seconds") for log in logs))


def test_log_for_tensorboard_holds_each_epoch_once_also_after_a_kill(
    tmp_path: Path, small_cohort: tuple[np.ndarray, pd.DataFrame], smoke_config: TrainingConfig
) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    data, config = fold_data(small_cohort), recipe(smoke_config, epochs=2)
    _train_until_an_epoch_dies(data, config, tmp_path / "cut", epochs=1)
    run = FoldRun(0, config, tmp_path / "cut", "this run", torch.device("cpu"), tensorboard=True)
    train_fold(data, run, lambda _: None)
    events = accumulator.EventAccumulator(str(tmp_path / "cut" / "tensorboard"))
    losses = events.Reload().Scalars("loss")
    assert [one.step for one in losses] == [1, 2]
    logged = pd.read_csv(tmp_path / "cut" / "log.csv")["loss"]
    np.testing.assert_allclose([one.value for one in losses], logged, rtol=1e-6)


def _train_until_an_epoch_dies(
    data: FoldData, config: TrainingConfig, folder: Path, epochs: int
) -> None:
    folder.mkdir()
    images_of_an_epoch, seen = epoch_length(data, config), 0

    def die(amount: int) -> None:
        nonlocal seen
        seen += amount
        if seen > epochs * images_of_an_epoch:
            raise KeyboardInterrupt

    run = FoldRun(0, config, folder, "this run", torch.device("cpu"))
    with pytest.raises(KeyboardInterrupt):
        train_fold(data, run, die)


def test_a_checkpoint_of_another_run_is_refused(
    tmp_path: Path, small_cohort: tuple[np.ndarray, pd.DataFrame], smoke_config: TrainingConfig
) -> None:
    data = fold_data(small_cohort)
    train(data, smoke_config, tmp_path)
    run = FoldRun(0, smoke_config, tmp_path, "another run", torch.device("cpu"))
    with pytest.raises(TrainingError) as refusal:
        train_fold(data, run, lambda _: None)
    assert refusal.value.code == "checkpoint_of_another_run"


def test_a_damaged_checkpoint_is_refused(
    tmp_path: Path, small_cohort: tuple[np.ndarray, pd.DataFrame], smoke_config: TrainingConfig
) -> None:
    (tmp_path / "checkpoint.safetensors").write_bytes(b"half a check")
    run = FoldRun(0, smoke_config, tmp_path, "this run", torch.device("cpu"))
    with pytest.raises(TrainingError) as refusal:
        train_fold(fold_data(small_cohort), run, lambda _: None)
    assert refusal.value.code == "checkpoint_damaged"


def test_a_loss_that_is_not_finite_stops_the_run(
    tmp_path: Path, small_cohort: tuple[np.ndarray, pd.DataFrame], smoke_config: TrainingConfig
) -> None:
    data = fold_data(small_cohort)
    images = data.images.copy()
    images[0] = np.nan
    with pytest.raises(TrainingError) as refusal:
        train(replace(data, images=images), smoke_config, tmp_path / "a")
    assert refusal.value.code == "loss_not_finite"
    assert not (tmp_path / "a" / "checkpoint.safetensors").exists()


def test_choosing_the_epoch_stops_after_the_patience_and_returns_the_best(
    tmp_path: Path, small_cohort: tuple[np.ndarray, pd.DataFrame], smoke_config: TrainingConfig
) -> None:
    config = recipe(
        smoke_config,
        epochs=6,
        quantized_epochs=0,
        selection="best_validation_auc",
        patience_epochs=1,
    )
    train(fold_data(small_cohort), config, tmp_path)
    log = pd.read_csv(tmp_path / "log.csv")
    assert len(log) < 6
    assert log["validation_auc"].iloc[-1] <= log["validation_auc"].iloc[:-1].max()


def test_default_recipe_decays_matrices_only() -> None:
    from trainer.fold_state import initial_state

    settings = OptimizationConfig(weight_decay=0.01)
    config = TrainingConfig(name="one", optimization=settings)
    matrices, vectors = initial_state(config, torch.device("cpu")).optimizer.param_groups
    assert matrices["weight_decay"] == 0.01
    assert all(parameter.ndim > 1 for parameter in matrices["params"])
    assert vectors["weight_decay"] == 0.0
    assert all(parameter.ndim <= 1 for parameter in vectors["params"])


def test_further_slices_are_a_patients_own_and_synthetic_images_have_none() -> None:
    images = np.arange(6, dtype=np.float32).reshape(2, 3, 1, 1) * np.ones((1, 1, 4, 4), np.float32)
    further = np.full((1, 2, 4, 4), 9, dtype=np.float32)
    rows = np.arange(1)
    data = FoldData(images, np.zeros(1, dtype=bool), rows, rows, further=further)
    assert (data.further_of(0) == 9).all()
    assert data.further_of(1)[:, 0, 0].tolist() == [3, 5]
    without = FoldData(images, np.zeros(1, dtype=bool), rows, rows)
    assert without.further_of(0)[:, 0, 0].tolist() == [0, 2]
