import argparse
import json

import pytest

from dlcs_core.cli import synthesize
from dlcs_core.errors import SynthesisError


def run(*options):
    parser = argparse.ArgumentParser()
    synthesize.add_arguments(parser)
    return synthesize.run(parser.parse_args(options))


def options(out, **changed):
    given = {"out": str(out), "patients": "2", "seed": "4", "format": "nifti", "jobs": "1"}
    pairs = {**given, **changed}.items()
    return [part for name, value in pairs for part in (f"--{name}", value)]


def test_json_tells_what_was_made_and_nothing_goes_to_stderr(tmp_path, capsys):
    assert run(*options(tmp_path / "out"), "--json") == 0
    captured = capsys.readouterr()
    summary = json.loads(captured.out)
    assert summary["schema"] == "dlcs.synthesis/1"
    assert summary["patients"] == 2
    assert captured.err == ""
    assert (tmp_path / "out" / "manifest.csv").is_file()


def test_words_name_the_ceiling_and_the_research_use(tmp_path, capsys):
    run(*options(tmp_path / "out"))
    assert "Research use only" in capsys.readouterr().out


def test_progress_is_shown_when_asked(tmp_path, capsys):
    run(*options(tmp_path / "out"), "--progress", "--json")
    assert "2/2" in capsys.readouterr().err


def test_default_is_one_center_in_dicom():
    parser = argparse.ArgumentParser()
    synthesize.add_arguments(parser)
    parsed = parser.parse_args(["--out", "x", "--patients", "3", "--seed", "1"])
    assert (parsed.centers, parsed.format, parsed.signal) == (1, "dicom", "planted")


def test_refusal_leaves_nothing_behind(tmp_path):
    with pytest.raises(SynthesisError):
        run(*options(tmp_path / "out", centers="9"))
    assert list(tmp_path.iterdir()) == []
