"""Synthetic images of a fold: from its training part alone, once, the same bytes again."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import load_file

from dlcs_core.deepsmote.settings import DeepSmoteSettings
from dlcs_core.errors import TrainingError
from trainer.cache import TrainingCache
from trainer.config import TrainingConfig
from trainer.loop import FoldData, FoldRun
from trainer.stages.deepsmote import ORIGIN_FILE, SYNTHETIC_FILE, with_synthetic_images
from trainer.train import fit_bundle, run_folder

Cohort = tuple[np.ndarray, pd.DataFrame]

HELD_OUT = np.arange(12, 18)
QUICK = DeepSmoteSettings(epochs=1, width=8, latent_size=8, batch_size=6)
IDS = ("parent_id", "neighbor_id", "residual_of_id", "nearest_id")


@pytest.fixture
def config(smoke_config: TrainingConfig) -> TrainingConfig:
    sampling = replace(smoke_config.sampling, balancing="deepsmote")
    return replace(smoke_config, sampling=sampling, deepsmote=QUICK)


def planted(cohort: Cohort) -> FoldData:
    """Write each patient's row number into its image, as a square that no other image has."""
    images, table = cohort[0].copy(), cohort[1]
    for row, image in enumerate(images):
        image[:, 50:62, 50:62] = 0
        image[:, 50 + row // 6 * 4 : 54 + row // 6 * 4, 50 + row % 6 * 2 : 52 + row % 6 * 2] = 1
    response = table["good_response"].to_numpy(bool)
    return FoldData(images, response, np.arange(12), HELD_OUT)


def make(
    data: FoldData, config: TrainingConfig, folder: Path, fingerprint: str = "this run"
) -> FoldData:
    folder.mkdir(exist_ok=True)
    run = FoldRun(0, config, folder, fingerprint, torch.device("cpu"))
    names = np.array([f"P{row:03d}" for row in range(len(data.images))])
    return with_synthetic_images(data, run, names, lambda _: None)


def test_no_held_out_patient_is_parent_neighbor_nearest_or_seen(
    tmp_path: Path, small_cohort: Cohort, config: TrainingConfig
) -> None:
    data = planted(small_cohort)
    make(data, config, tmp_path / "a")
    origin = pd.read_csv(tmp_path / "a" / ORIGIN_FILE)
    training = {f"P{row:03d}" for row in data.training_rows}
    assert all(set(origin[name]) <= training for name in IDS)
    # Seen or not: with other held-out images and outcomes not one byte differs.
    images, response = data.images.copy(), data.good_response.copy()
    images[HELD_OUT], response[HELD_OUT] = np.nan, ~response[HELD_OUT]
    make(replace(data, images=images, good_response=response), config, tmp_path / "b")
    for name in (SYNTHETIC_FILE, ORIGIN_FILE):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_training_patient_is_seen(
    tmp_path: Path, small_cohort: Cohort, config: TrainingConfig
) -> None:
    data = planted(small_cohort)
    images = data.images.copy()
    images[0] = 1 - images[0]
    one = make(data, config, tmp_path / "a")
    other = make(replace(data, images=images), config, tmp_path / "b")
    assert not np.array_equal(one.images[one.synthetic_rows], other.images[other.synthetic_rows])


def test_parents_are_of_the_class_and_named_by_their_rows_in_the_cohort(
    tmp_path: Path, small_cohort: Cohort, config: TrainingConfig
) -> None:
    data = replace(
        planted(small_cohort), training_rows=np.arange(6, 18), held_out_rows=np.arange(6)
    )
    made = make(data, config, tmp_path)
    stored, origin = load_file(tmp_path / SYNTHETIC_FILE), pd.read_csv(tmp_path / ORIGIN_FILE)
    classes = made.good_response[made.synthetic_rows]
    for name in ("parent", "neighbor"):
        assert np.array_equal(made.good_response[stored[name]], classes)
        assert list(origin[f"{name}_id"]) == [f"P{row:03d}" for row in stored[name]]
    assert np.all(stored["parent"] != stored["neighbor"])
    assert np.array_equal(stored["images"], made.images[made.synthetic_rows])
    distance = (stored["images"] - data.images[stored["nearest"]]) ** 2
    found = np.sqrt(distance.mean((1, 2, 3)))
    np.testing.assert_allclose(found, origin["nearest_distance"], rtol=1e-5)


def test_stored_images_are_taken_up_and_those_of_another_run_refused(
    tmp_path: Path, small_cohort: Cohort, config: TrainingConfig
) -> None:
    data = planted(small_cohort)
    made = make(data, config, tmp_path)
    written = (tmp_path / SYNTHETIC_FILE).stat().st_mtime_ns
    again = make(replace(data, images=np.full_like(data.images, 0.5)), config, tmp_path)
    assert np.array_equal(again.images[18:], made.images[18:])
    assert (tmp_path / SYNTHETIC_FILE).stat().st_mtime_ns == written
    with pytest.raises(TrainingError) as refusal:
        make(data, config, tmp_path, "another run")
    assert refusal.value.code == "checkpoint_of_another_run"


def test_same_seed_same_bytes_whatever_torch_drew_before(
    tmp_path: Path, small_cohort: Cohort, config: TrainingConfig
) -> None:
    data = planted(small_cohort)
    make(data, config, tmp_path / "a")
    torch.rand(7)
    make(data, config, tmp_path / "b")
    make(data, replace(config, seed=8), tmp_path / "c")
    one, two, other = ((tmp_path / name / SYNTHETIC_FILE).read_bytes() for name in "abc")
    assert one == two
    assert one != other


def test_a_run_with_deepsmote_trains_and_leaves_an_origin_for_every_image(
    tmp_path: Path,
    make_cache: Callable[..., TrainingCache],
    small_cohort: Cohort,
    config: TrainingConfig,
) -> None:
    cache, out = make_cache(*small_cohort), tmp_path / "bundle"
    fit_bundle(cache.directory, config, out, jobs=1, until="dl_signature")
    folds = pd.read_csv(run_folder(out) / "folds.csv", dtype={"patient_id": str})
    for fold in range(2):
        folder = run_folder(out) / f"fold-{fold + 1}"
        origin = pd.read_csv(io.BytesIO((folder / ORIGIN_FILE).read_bytes()))
        assert len(origin) == len(load_file(folder / SYNTHETIC_FILE)["images"]) > 0
        trained_on = folds["patient_id"][(folds["fold"] >= 0) & (folds["fold"] != fold)]
        assert all(set(origin[name]) <= set(trained_on) for name in IDS)
