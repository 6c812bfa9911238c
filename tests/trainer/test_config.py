from pathlib import Path

import pytest

from dlcs_core.errors import TrainingError
from trainer.config import CONFIG_DIRECTORY, read_config


@pytest.mark.parametrize("path", sorted(CONFIG_DIRECTORY.glob("*.toml")), ids=lambda p: p.stem)
def test_every_shipped_configuration_is_readable_by_its_name(path: Path) -> None:
    assert read_config(path.stem).name == path.stem


def test_demo_starts_from_random_weights_and_chooses_no_epoch_on_the_held_out_fold() -> None:
    config = read_config("demo")
    assert config.network.initial_weights == "random"
    assert config.optimization.selection == "last_epoch"
    assert config.folds == 5


def test_paper_recipe_says_that_it_is_optimistic() -> None:
    config = read_config("paper")
    assert "optimistic" in config.note.lower()
    assert config.optimization.selection == "best_validation_auc"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("epochs = 3", "config_unknown_setting"),
        ("[optimization]\nepoch = 3", "config_unknown_setting"),
        ("[optimization]\nepochs = 3.5", "config_wrong_type"),
        ("[optimization]\nepochs = true", "config_wrong_type"),
        ("network = 3", "config_wrong_type"),
        ('[sampling]\nbalancing = "smote"', "config_not_allowed"),
        ("folds = 3", "config_out_of_range"),
        ("[optimization]\ncycles = 0", "config_out_of_range"),
        ("[optimization]\nepochs = 5\ncycles = 2", "config_not_allowed"),
        ("n_views = 3", "config_not_allowed"),
        ("[sampling]\ncrop_px = 113", "config_out_of_range"),
        ("folds = ", "config_no_toml"),
    ],
)
def test_unusable_settings_are_refused(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(TrainingError) as refusal:
        read_config(str(path))
    assert refusal.value.code == code


def test_a_name_that_does_not_exist_is_answered_with_those_that_do() -> None:
    with pytest.raises(TrainingError) as refusal:
        read_config("dmeo")
    assert refusal.value.code == "config_not_found"
    assert "demo" in str(refusal.value.values["known"])


def test_fingerprint_changes_with_any_setting(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("seed = 1")
    first = read_config(str(path)).fingerprint()
    path.write_text("seed = 1\n[sampling]\ncrop_px = 81")
    assert read_config(str(path)).fingerprint() != first
