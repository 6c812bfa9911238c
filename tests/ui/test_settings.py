"""Settings come from the environment; what is not set is the shipped demo."""

from pathlib import Path

import pytest

from dlcs_core.ui.settings import ASSETS, read_settings


@pytest.fixture
def bare(monkeypatch):
    for name in ("DLCS_BUNDLE", "DLCS_DATA_DIR", "DLCS_DATABASE_URL", "DLCS_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_without_settings_the_shipped_demo_is_served_in_english(bare):
    settings = read_settings()
    assert settings.bundle == ASSETS / "demo_bundle"
    assert settings.demo_cases == ASSETS / "demo_cases"
    assert settings.demo_cohort == ASSETS / "demo_cohort.csv"
    assert settings.language == "en"


def test_each_setting_is_taken_from_its_variable(bare):
    bare.setenv("DLCS_BUNDLE", "/models/a")
    bare.setenv("DLCS_DATA_DIR", "/data")
    bare.setenv("DLCS_DATABASE_URL", "sqlite:///x.db")
    bare.setenv("DLCS_LANGUAGE", "zh")
    settings = read_settings()
    assert settings.bundle == Path("/models/a")
    assert settings.demo_cases == Path("/data/demo_cases")
    assert (settings.database_url, settings.language) == ("sqlite:///x.db", "zh")


def test_an_unknown_language_reads_as_english(bare):
    bare.setenv("DLCS_LANGUAGE", "xx")
    assert read_settings().language == "en"
