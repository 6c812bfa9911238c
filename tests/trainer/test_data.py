"""Preparing the cache from real (phantom) NIfTI studies."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dlcs_core.errors import TrainingError
from dlcs_core.imaging.study_reading import read_study
from dlcs_core.preprocessing.pipeline import preprocess
from dlcs_core.synthetic.cohort import synthesize
from trainer.cache import read_cache, read_masks
from trainer.data import BrokenStudiesError, is_cache_of, prepare_cache


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("synthetic") / "cohort"
    synthesize(out, 2, seed=3, file_format="nifti", jobs=1)
    return out


def manifest_in(folder: Path, cohort: Path, **columns: object) -> Path:
    """Write the cohort's manifest elsewhere, with absolute paths and some columns changed."""
    table = pd.read_csv(cohort / "manifest.csv")
    for name in ("image", "mask"):
        table[name] = [str(cohort / path) for path in table[name]]
    table.assign(**columns).to_csv(folder / "manifest.csv", index=False)
    return folder / "manifest.csv"


def test_cached_input_is_what_serving_computes(cohort: Path, tmp_path: Path) -> None:
    prepare_cache(cohort / "manifest.csv", tmp_path / "cache")
    cache, row = read_cache(tmp_path / "cache"), pd.read_csv(cohort / "manifest.csv").iloc[1]
    served = preprocess(read_study(cohort / row["image"], cohort / row["mask"]))
    assert (cache.images[1] == served.image).all()
    assert (read_masks(cache.directory)[1] == served.mask).all()


def test_no_path_enters_the_cache_and_measurements_do(cohort: Path, tmp_path: Path) -> None:
    prepare_cache(cohort / "manifest.csv", tmp_path / "cache")
    table = read_cache(tmp_path / "cache").table
    assert not {"image", "mask"} & set(table.columns)
    assert (table["slice_spacing_mm"] == 5).all()
    assert table["mean_hu"].between(-50, 200).all()


def test_a_synthesized_cohort_is_known_as_synthetic(cohort: Path, tmp_path: Path) -> None:
    prepare_cache(cohort / "manifest.csv", tmp_path / "synthetic")
    assert read_cache(tmp_path / "synthetic").synthetic
    prepare_cache(manifest_in(tmp_path, cohort), tmp_path / "real")
    assert not read_cache(tmp_path / "real").synthetic


def test_several_processes_give_the_same_cache_as_one(cohort: Path, tmp_path: Path) -> None:
    prepare_cache(cohort / "manifest.csv", tmp_path / "one", jobs=1)
    prepare_cache(cohort / "manifest.csv", tmp_path / "two", jobs=2)
    one, two = read_cache(tmp_path / "one"), read_cache(tmp_path / "two")
    assert one.fingerprint == two.fingerprint


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_broken_study_is_refused_by_its_row_and_leaves_nothing(
    cohort: Path, tmp_path: Path, jobs: int
) -> None:
    masks = pd.read_csv(cohort / "manifest.csv")["mask"]
    manifest = manifest_in(tmp_path, cohort, mask=[str(cohort / masks[0]), "absent.nii.gz"])
    with pytest.raises(BrokenStudiesError) as refusal:
        prepare_cache(manifest, tmp_path / "cache", jobs=jobs)
    assert [study.row for study in refusal.value.broken] == [3]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.csv"]


def test_broken_studies_are_left_out_when_asked(cohort: Path, tmp_path: Path) -> None:
    masks = pd.read_csv(cohort / "manifest.csv")["mask"]
    manifest = manifest_in(tmp_path, cohort, mask=["absent.nii.gz", str(cohort / masks[1])])
    broken = prepare_cache(manifest, tmp_path / "cache", skip_broken=True)
    assert [study.row for study in broken] == [2]
    assert len(read_cache(tmp_path / "cache").table) == 1


def test_a_cohort_of_broken_studies_only_is_refused_even_so(cohort: Path, tmp_path: Path) -> None:
    manifest = manifest_in(tmp_path, cohort, mask="absent.nii.gz")
    with pytest.raises(BrokenStudiesError):
        prepare_cache(manifest, tmp_path / "cache", skip_broken=True)


def test_a_missing_outcome_is_refused_by_its_row(cohort: Path, tmp_path: Path) -> None:
    manifest = manifest_in(tmp_path, cohort, trg=np.nan, good_response=[1, np.nan])
    with pytest.raises(TrainingError) as refusal:
        prepare_cache(manifest, tmp_path / "cache")
    assert refusal.value.code == "manifest_cell_empty"
    assert refusal.value.values["row"] == 3


def test_an_existing_folder_is_not_overwritten(cohort: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    with pytest.raises(TrainingError) as refusal:
        prepare_cache(cohort / "manifest.csv", tmp_path / "cache")
    assert refusal.value.code == "cache_target_exists"


def test_a_cache_knows_the_manifest_it_was_made_from(cohort: Path, tmp_path: Path) -> None:
    assert not is_cache_of(cohort / "manifest.csv", tmp_path / "cache")
    prepare_cache(cohort / "manifest.csv", tmp_path / "cache")
    assert is_cache_of(cohort / "manifest.csv", tmp_path / "cache")
    assert not is_cache_of(manifest_in(tmp_path, cohort), tmp_path / "cache")
