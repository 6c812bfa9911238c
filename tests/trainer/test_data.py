"""Preparing the cache from real (phantom) NIfTI studies."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dlcs_core.errors import TrainingError
from dlcs_core.imaging.study_reading import read_study
from dlcs_core.preprocessing.pipeline import preprocess
from dlcs_core.preprocessing.settings import PreprocessingSettings
from dlcs_core.synthetic.cohort import synthesize
from trainer import data
from trainer.cache import read_cache, read_masks
from trainer.data import BrokenStudiesError, prepare_cache


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


@pytest.fixture
def own_cohort(cohort: Path, tmp_path: Path) -> Path:
    """Copy the cohort, to be changed."""
    shutil.copytree(cohort, tmp_path / "cohort")
    return tmp_path / "cohort"


def rows_read(manifest: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Prepare a cache; return the rows whose studies were read."""
    read: list[int] = []
    original = data._read_one

    def counting(work: data.Work) -> data.PreparedStudy | data.BrokenStudy:
        read.append(work[0])
        return original(work)

    monkeypatch.setattr(data, "_read_one", counting)
    prepare_cache(manifest, out)
    monkeypatch.setattr(data, "_read_one", original)
    return read


def test_preparing_again_reads_nothing_and_leaves_the_files_alone(
    own_cohort: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, out = own_cohort / "manifest.csv", own_cohort / "cache"
    assert rows_read(manifest, out, monkeypatch) == [2, 3]
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    assert rows_read(manifest, out, monkeypatch) == []
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before


def test_only_a_study_whose_file_changed_is_read_again(
    own_cohort: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, out = own_cohort / "manifest.csv", own_cohort / "cache"
    prepare_cache(manifest, out)
    old, table = read_cache(out), pd.read_csv(manifest)
    kept, other = np.array(old.images[0]), own_cohort / table["image"][0]
    shutil.copyfile(other, own_cohort / table["image"][1])
    shutil.copyfile(own_cohort / table["mask"][0], own_cohort / table["mask"][1])
    assert rows_read(manifest, out, monkeypatch) == [3]
    new = read_cache(out)
    assert (new.images[1] == kept).all()
    assert (new.images[0] == kept).all()
    assert new.fingerprint != old.fingerprint
    assert sorted(path.name for path in own_cohort.glob(".cache*")) == []


def test_another_outcome_in_the_manifest_rereads_no_image_but_is_noticed(
    own_cohort: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, out = own_cohort / "manifest.csv", own_cohort / "cache"
    prepare_cache(manifest, out)
    before, measured = read_cache(out), read_cache(out).table["mean_hu"].tolist()
    table = pd.read_csv(manifest).drop(columns="trg")
    table["good_response"] = 1 - table["good_response"]
    table.to_csv(manifest, index=False)
    assert rows_read(manifest, out, monkeypatch) == []
    after = read_cache(out)
    assert (after.table["good_response"] != before.table["good_response"]).all()
    assert after.table["mean_hu"].tolist() == measured
    assert (after.images == before.images).all()


def test_other_settings_read_everything_again(
    own_cohort: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, out = own_cohort / "manifest.csv", own_cohort / "cache"
    prepare_cache(manifest, out, settings=PreprocessingSettings(zero_outside=False))
    assert rows_read(manifest, out, monkeypatch) == [2, 3]
    assert read_cache(out).preprocessing["zero_outside"]
