"""Small cohorts of fake model inputs: no medical image is read."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from trainer.cache import TrainingCache, read_cache, write_cache
from trainer.config import TrainingConfig, read_config


def draw_cohort(patients: int, seed: int = 0) -> tuple[np.ndarray, pd.DataFrame]:
    """Draw noisy discs, brighter for good responders, and their table."""
    rng = np.random.default_rng(seed)
    response = np.arange(patients) % 3 == 0
    rows, columns = np.mgrid[:112, :112]
    disc = np.hypot(rows - 56, columns - 56) < 18
    level = 0.35 + 0.25 * response + rng.normal(0, 0.05, patients)
    noise = rng.normal(0, 0.08, (patients, 3, 112, 112))
    images = np.clip((level[:, None, None, None] + noise) * disc, 0, 1).astype(np.float32)
    cohort = np.where(np.arange(patients) % 5 == 4, "internal_validation", "training")
    table = pd.DataFrame(
        {
            "patient_id": [f"P{n:03d}" for n in range(patients)],
            "center": "C1",
            "cohort": cohort,
            "good_response": response.astype(int),
        }
    )
    return images, table


@pytest.fixture(scope="session")
def make_cache(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., TrainingCache]:
    """Write a cache from images and a table and open it."""

    def make(images: np.ndarray, table: pd.DataFrame) -> TrainingCache:
        directory = tmp_path_factory.mktemp("cache")
        masks = (images > 0).astype(np.uint8)
        write_cache(directory, images, masks, table, {"preprocessing": {}, "synthetic": True})
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
