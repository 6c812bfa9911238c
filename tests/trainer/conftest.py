"""Small cohorts of fake model inputs: no medical image is read."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.preprocessing.settings import PreprocessingSettings
from dlcs_core.synthetic.patients import draw_patients
from dlcs_core.synthetic.records import manifest_table
from trainer.cache import TrainingCache, read_cache, write_cache
from trainer.config import TrainingConfig, read_config
from trainer.train import fit_bundle


def draw_images(good_response: np.ndarray, seed: int = 0) -> np.ndarray:
    """Draw noisy discs, brighter for good responders."""
    rng = np.random.default_rng(seed)
    patients = len(good_response)
    rows, columns = np.mgrid[:112, :112]
    disc = np.hypot(rows - 56, columns - 56) < 18
    level = 0.35 + 0.25 * good_response + rng.normal(0, 0.05, patients)
    noise = rng.normal(0, 0.08, (patients, 3, 112, 112))
    return np.clip((level[:, None, None, None] + noise) * disc, 0, 1).astype(np.float32)


def draw_cohort(patients: int) -> tuple[np.ndarray, pd.DataFrame]:
    """Draw images and the least of a table."""
    response = np.arange(patients) % 3 == 0
    cohort = np.where(np.arange(patients) % 5 == 4, "internal_validation", "training")
    table = pd.DataFrame(
        {
            "patient_id": [f"P{n:03d}" for n in range(patients)],
            "center": "C1",
            "cohort": cohort,
            "good_response": response.astype(int),
        }
    )
    return draw_images(response), table


def draw_clinical_table(patients: int, seed: int = 5) -> pd.DataFrame:
    """Draw a whole cohort table with what preparing would have measured."""
    drawn = draw_patients(patients, seed, centers=6)
    table = pd.DataFrame(manifest_table(drawn, [("", "")] * patients))
    measured = np.random.default_rng(seed).uniform(1, 5, (patients, 4))
    names = ["slice_spacing_mm", "pixel_spacing_mm", "mask_area_mm2", "mean_hu"]
    return table.drop(columns=["image", "mask"]).assign(**dict(zip(names, measured.T, strict=True)))


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Make sums of floats independent of the machine."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def make_cache(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., TrainingCache]:
    """Write a cache from images and a table and open it."""

    def make(images: np.ndarray, table: pd.DataFrame) -> TrainingCache:
        directory = tmp_path_factory.mktemp("cache")
        facts = {"preprocessing": PreprocessingSettings().to_dict(), "synthetic": True}
        write_cache(directory, images, (images > 0).astype(np.uint8), table, facts)
        return read_cache(directory)

    return make


@pytest.fixture
def smoke_config() -> TrainingConfig:
    """Return the smoke recipe with two folds."""
    return replace(read_config("smoke"), folds=2)


@pytest.fixture(scope="session")
def small_cohort() -> tuple[np.ndarray, pd.DataFrame]:
    """Return eighteen patients."""
    return draw_cohort(18)


@dataclass(frozen=True)
class SmokeRun:
    """A whole run of the smoke recipe on fake images."""

    cache: TrainingCache
    config: TrainingConfig
    bundle: Path


@pytest.fixture(scope="session")
def smoke_run(
    tmp_path_factory: pytest.TempPathFactory, make_cache: Callable[..., TrainingCache]
) -> SmokeRun:
    """Run every stage once, in this process; not to be changed."""
    torch.set_num_threads(1)
    table = draw_clinical_table(96)
    cache = make_cache(draw_images(table["good_response"].to_numpy(bool)), table)
    config, bundle = read_config("smoke"), tmp_path_factory.mktemp("run") / "bundle"
    fit_bundle(cache.directory, config, bundle, jobs=1)
    return SmokeRun(cache, config, bundle)


@pytest.fixture(scope="session")
def make_clinical_table() -> Callable[[int], pd.DataFrame]:
    """Draw a whole cohort table of so many patients, canonical as after reading."""

    def make(patients: int) -> pd.DataFrame:
        buffer = draw_clinical_table(patients).to_csv(index=False)
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as stream:
            stream.write(buffer)
            stream.flush()
            table = read_cohort(Path(stream.name)).table
        return table.astype({"good_response": float, "os_event": float})

    return make
