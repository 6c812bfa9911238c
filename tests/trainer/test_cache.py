from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dlcs_core.errors import TrainingError
from trainer.cache import FILES, TrainingCache, read_cache, read_masks

Cohort = tuple[np.ndarray, pd.DataFrame]


def test_images_masks_and_table_come_back_as_written(
    small_cohort: Cohort, make_cache: Callable[..., TrainingCache]
) -> None:
    images, table = small_cohort
    cache = make_cache(images, table)
    assert (cache.images == images).all()
    assert (read_masks(cache.directory) == (images > 0)).all()
    assert list(cache.table["patient_id"]) == list(table["patient_id"])
    assert (cache.table["good_response"] == table["good_response"].astype(bool)).all()


def test_identifiers_that_look_like_numbers_or_missing_values_stay_text(
    small_cohort: Cohort, make_cache: Callable[..., TrainingCache]
) -> None:
    images, table = small_cohort
    identifiers = ["007", "1e5", "NA", "nan", *table["patient_id"][4:]]
    cache = make_cache(images, table.assign(patient_id=identifiers))
    assert list(cache.table["patient_id"]) == identifiers


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_changed_is_refused(
    small_cohort: Cohort, make_cache: Callable[..., TrainingCache], name: str
) -> None:
    directory = make_cache(*small_cohort).directory
    content = bytearray((directory / name).read_bytes())
    content[-2] ^= 1
    (directory / name).write_bytes(content)
    with pytest.raises(TrainingError) as refusal:
        read_cache(directory)
    assert refusal.value.code == "cache_damaged"
    assert refusal.value.values["file"] == name


def test_fingerprint_follows_the_images(
    small_cohort: Cohort, make_cache: Callable[..., TrainingCache]
) -> None:
    images, table = small_cohort
    first = make_cache(images, table).fingerprint
    assert make_cache(images, table).fingerprint == first
    assert make_cache(images[::-1], table).fingerprint != first


def test_a_folder_that_is_no_cache_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as refusal:
        read_cache(tmp_path)
    assert refusal.value.code == "cache_not_found"
