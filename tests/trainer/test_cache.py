from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dlcs_core.errors import TrainingError
from trainer.cache import FILES, FURTHER, TrainingCache, read_cache, read_masks, write_cache

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


def test_further_slices_come_back_and_are_held_against_their_hash(
    small_cohort: Cohort, tmp_path: Path
) -> None:
    images, table = small_cohort
    further = np.ascontiguousarray(images[:, :2] / 2)
    facts = {"preprocessing": {}, "synthetic": True}
    write_cache(tmp_path, images, (images > 0).astype(np.uint8), table, facts, further)
    found = read_cache(tmp_path).further
    assert found is not None
    assert (found == further).all()
    np.save(tmp_path / FURTHER, further + 1)
    with pytest.raises(TrainingError) as refusal:
        read_cache(tmp_path)
    assert refusal.value.values["file"] == FURTHER


def test_a_cache_without_further_slices_has_none(
    small_cohort: Cohort, make_cache: Callable[..., TrainingCache]
) -> None:
    assert make_cache(*small_cohort).further is None


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
