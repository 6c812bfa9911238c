"""Demo cases are found by their folders, the telling ones first."""

import json

import pytest

from dlcs_core.ui.demo_cases import demo_cases
from dlcs_core.ui.settings import ASSETS


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with two complete cases and one without an outline."""
    monkeypatch.setenv("DLCS_DATA_DIR", str(tmp_path))
    for name in ("annular", "good_responder", "no_mask"):
        case = tmp_path / "demo_cases" / name
        case.mkdir(parents=True)
        (case / "image").mkdir()
        (case / "clinical.json").write_text("{}")
        if name != "no_mask":
            (case / "mask.nrrd").write_bytes(b"")
    about = {"title_code": "demo_good_responder", "note_code": "", "truth": {"trg": 1}}
    (tmp_path / "demo_cases/good_responder/case.json").write_text(json.dumps(about))
    return tmp_path


def test_a_case_without_an_outline_is_there_to_be_outlined(folder):
    cases = demo_cases()
    assert [case.name for case in cases] == ["good_responder", "annular", "no_mask"]
    assert [case.mask is None for case in cases] == [False, False, True]


def test_a_case_tells_its_title_and_what_became_of_it(folder):
    good, annular, _ = demo_cases()
    assert (good.title, good.trg) == ("Good responder", 1)
    assert (annular.title, annular.trg) == ("Annular", None)


def test_no_folder_no_cases(tmp_path, monkeypatch):
    monkeypatch.setenv("DLCS_DATA_DIR", str(tmp_path))
    assert demo_cases() == ()


def test_eight_cases_are_shipped(monkeypatch):
    monkeypatch.setenv("DLCS_DATA_DIR", str(ASSETS))
    cases = demo_cases()
    assert len(cases) == 8
    assert cases[0].name == "good_responder"
    assert all(case.clinical.is_file() for case in cases)
