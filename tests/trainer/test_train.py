"""Runs: taken up again where they fit, refused where they do not, and without leaks."""

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import load_file
from safetensors.torch import load_file as load_tensors
from safetensors.torch import save_file

from dlcs_core.errors import TrainingError
from trainer.cache import TrainingCache
from trainer.config import TrainingConfig, read_config
from trainer.stages.dl_signature import SCORES_FILE, WEIGHTS_FILE
from trainer.train import check_recipe, fit_bundle, run_folder

Cohort = tuple[np.ndarray, pd.DataFrame]


@pytest.fixture(scope="module")
def dl_run(
    tmp_path_factory: pytest.TempPathFactory,
    make_cache: Callable[..., TrainingCache],
    small_cohort: Cohort,
) -> tuple[TrainingCache, TrainingConfig, Path]:
    """Run the DL stage with two folds, in this process."""
    cache = make_cache(*small_cohort)
    config = replace(read_config("smoke"), folds=2)
    out = tmp_path_factory.mktemp("dl") / "bundle"
    fit_bundle(cache.directory, config, out, jobs=1, until="dl_signature")
    return cache, config, out


def fold_files(out: Path) -> dict[str, bytes]:
    found = sorted(run_folder(out).glob("fold-*/*"))
    kept = [path for path in found if path.name in (WEIGHTS_FILE, SCORES_FILE)]
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in kept}


def test_two_processes_train_what_one_trains_bit_for_bit(
    dl_run: tuple[TrainingCache, TrainingConfig, Path], tmp_path: Path
) -> None:
    cache, config, out = dl_run
    other = tmp_path / "bundle"
    fit_bundle(cache.directory, config, other, jobs=2, until="dl_signature")
    one, two = fold_files(out), fold_files(other)
    assert one.keys() == two.keys()
    assert all(one[name] == two[name] for name in one if name.endswith(WEIGHTS_FILE))


def test_a_fold_scores_only_whom_it_has_not_seen(
    dl_run: tuple[TrainingCache, TrainingConfig, Path],
) -> None:
    cache, _, out = dl_run
    folds = pd.read_csv(run_folder(out) / "folds.csv")["fold"].to_numpy()
    for fold in range(2):
        with np.load(run_folder(out) / f"fold-{fold + 1}" / SCORES_FILE) as scores:
            assert set(scores["rows"]) == set(np.flatnonzero((folds == fold) | (folds < 0)))
            assert np.isfinite(scores["logits"]).all()
    assert len(folds) == len(cache.table)


def test_a_finished_run_is_taken_up_without_training(
    dl_run: tuple[TrainingCache, TrainingConfig, Path],
) -> None:
    cache, config, out = dl_run
    before = {path: path.stat().st_mtime_ns for path in run_folder(out).glob("fold-*/*")}
    fit_bundle(cache.directory, config, out, jobs=1, until="dl_signature", must_resume=True)
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.mark.parametrize("change", [{"seed": 8}, {"n_views": 8}])
def test_a_run_of_another_configuration_is_refused(
    dl_run: tuple[TrainingCache, TrainingConfig, Path], change: dict[str, Any]
) -> None:
    cache, config, out = dl_run
    with pytest.raises(TrainingError) as refusal:
        fit_bundle(cache.directory, replace(config, **change), out, jobs=1, until="dl_signature")
    assert refusal.value.code == "run_of_another_kind"


def test_a_run_on_other_images_is_refused(
    dl_run: tuple[TrainingCache, TrainingConfig, Path],
    make_cache: Callable[..., TrainingCache],
    small_cohort: Cohort,
) -> None:
    _, config, out = dl_run
    images, table = small_cohort
    other = make_cache(images[::-1], table)
    with pytest.raises(TrainingError) as refusal:
        fit_bundle(other.directory, config, out, jobs=1, until="dl_signature")
    assert refusal.value.code == "run_of_another_kind"


def test_a_refused_run_leaves_the_folds_on_disk_as_they_were(
    dl_run: tuple[TrainingCache, TrainingConfig, Path],
) -> None:
    cache, config, out = dl_run
    before = (run_folder(out) / "folds.csv").read_bytes()
    with pytest.raises(TrainingError):
        fit_bundle(cache.directory, replace(config, seed=9), out, jobs=1, until="dl_signature")
    assert (run_folder(out) / "folds.csv").read_bytes() == before


def test_resuming_what_was_never_started_is_refused(
    dl_run: tuple[TrainingCache, TrainingConfig, Path], tmp_path: Path
) -> None:
    cache, config, _ = dl_run
    with pytest.raises(TrainingError) as refusal:
        fit_bundle(
            cache.directory,
            config,
            tmp_path / "new",
            jobs=1,
            until="dl_signature",
            must_resume=True,
        )
    assert refusal.value.code == "nothing_to_resume"


def test_a_second_run_in_the_same_folder_is_refused(
    dl_run: tuple[TrainingCache, TrainingConfig, Path],
) -> None:
    cache, config, out = dl_run
    lock = out.parent / f".{run_folder(out).name}.lock"
    with lock.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        with pytest.raises(TrainingError) as refusal:
            fit_bundle(cache.directory, config, out, jobs=1, until="dl_signature")
    assert refusal.value.code == "run_in_progress"


def test_a_cohort_without_survival_is_refused_before_training(
    dl_run: tuple[TrainingCache, TrainingConfig, Path], tmp_path: Path
) -> None:
    cache, config, _ = dl_run
    with pytest.raises(TrainingError) as refusal:
        fit_bundle(cache.directory, config, tmp_path / "new", jobs=1)
    assert refusal.value.code == "cohort_columns_missing"
    assert not (tmp_path / "new.training").exists()


def test_paper_recipe_without_its_imagenet_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as refusal:
        fit_bundle(tmp_path, read_config("paper"), tmp_path / "bundle", jobs=1)
    assert refusal.value.code == "imagenet_file_missing"


def weights_file(folder: Path) -> Path:
    torchvision = pytest.importorskip("torchvision")
    torch.manual_seed(3)
    save_file(
        torchvision.models.resnet50(weights=None).state_dict(), folder / "resnet50.safetensors"
    )
    return folder / "resnet50.safetensors"


@pytest.mark.parametrize(
    ("sha256", "code"), [("", "imagenet_hash_missing"), ("0" * 64, "imagenet_hash_wrong")]
)
def test_an_imagenet_file_without_its_hash_or_with_another_is_refused(
    tmp_path: Path, sha256: str, code: str
) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(b"anything")
    network = replace(
        read_config("paper").network,
        imagenet_weights_file=str(path),
        imagenet_weights_sha256=sha256,
    )
    with pytest.raises(TrainingError) as refusal:
        check_recipe(replace(read_config("paper"), network=network))
    assert refusal.value.code == code


def test_paper_recipe_starts_from_the_given_file_and_says_which(
    tmp_path: Path, make_cache: Callable[..., TrainingCache], small_cohort: Cohort
) -> None:
    path, paper = weights_file(tmp_path), read_config("paper")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    network = replace(
        paper.network, imagenet_weights_file=str(path), imagenet_weights_sha256=sha256
    )
    config = replace(
        paper,
        folds=2,
        network=network,
        optimization=replace(paper.optimization, epochs=1, batch_size=8, max_learning_rate=1e-8),
        sampling=replace(paper.sampling, balancing="none", crop_px=32),
    )
    cache, out = make_cache(*small_cohort), tmp_path / "bundle"
    fit_bundle(cache.directory, config, out, jobs=1, until="dl_signature")
    trained = load_file(run_folder(out) / "fold-1" / WEIGHTS_FILE)
    given = load_tensors(path)
    for name in ("conv1.weight", "layer1.0.conv2.weight", "layer3.5.conv3.weight"):
        np.testing.assert_allclose(trained[name], given[name].numpy(), rtol=2e-3, atol=1e-4)
    run = json.loads((run_folder(out) / "run.json").read_text())
    assert run["config"]["network"]["imagenet_weights_sha256"] == sha256
    assert str(tmp_path) not in json.dumps(run)


def test_later_stages_finish_elsewhere_from_what_the_networks_left(
    smoke_run: Any, tmp_path: Path
) -> None:
    out = tmp_path / "elsewhere"
    shutil.copytree(run_folder(smoke_run.bundle), run_folder(out))
    fit_bundle(smoke_run.cache.directory, smoke_run.config, out, jobs=1, must_resume=True)
    for name in ("fusion.json", "survival.json", "calibration.json", "network-1.safetensors"):
        assert (out / name).read_bytes() == (smoke_run.bundle / name).read_bytes()


FORBIDDEN = {
    "SimpleITK",
    "babel",
    "highdicom",
    "lifelines",
    "matplotlib",
    "nibabel",
    "onnx",
    "onnxruntime",
    "plotly",
    "pydicom",
    "sksurv",
    "statsmodels",
    "streamlit",
}


def test_networks_are_trained_with_nothing_but_the_bare_libraries(
    dl_run: tuple[TrainingCache, TrainingConfig, Path], tmp_path: Path
) -> None:
    cache, _, _ = dl_run
    recipe = Path(tmp_path / "bare.toml")
    recipe.write_text(
        "folds = 4\nn_views = 1\n[optimization]\nepochs = 1\nquantized_epochs = 1\n"
        "batch_size = 8\n[sampling]\ncrop_px = 32\n"
    )
    script = (
        "import json, sys; from trainer.__main__ import main\n"
        f"code = main(['fit', '--cache', {str(cache.directory)!r}, '--config', {str(recipe)!r},"
        f" '--out', {str(tmp_path / 'bundle')!r}, '--until', 'dl_signature', '--jobs', '1'])\n"
        "print(json.dumps([code, sorted({name.split('.')[0] for name in sys.modules})]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    code, modules = json.loads(done.stdout)
    assert code == 0
    assert not FORBIDDEN & set(modules)
    assert done.stderr == ""
