"""The audit as a user runs it: on folds, resumable, one report of numbers and pictures."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trainer.__main__ import main
from trainer.audit_page import Section, Table, as_html, as_markdown
from trainer.audit_reading import reading_page
from trainer.cache import TrainingCache

Cohort = tuple[np.ndarray, pd.DataFrame]

RECIPE = """
folds = 4
[deepsmote]
epochs = 1
width = 8
latent_size = 8
batch_size = 8
"""


def textured_cohort(patients: int) -> Cohort:
    """Draw discs of equal brightness; good responders are the smooth ones."""
    rng = np.random.default_rng(3)
    response = np.arange(patients) % 3 == 0
    rows, columns = np.mgrid[:112, :112]
    disc = np.hypot(rows - 56, columns - 56) < 20
    grain = np.where(response, 0.03, 0.09)[:, None, None, None]
    images = np.clip((0.5 + grain * rng.normal(size=(patients, 3, 112, 112))) * disc, 0, 1)
    table = pd.DataFrame(
        {
            "patient_id": [f"P{n:03d}" for n in range(patients)],
            "center": "C1",
            "cohort": "training",
            "good_response": response.astype(int),
        }
    )
    return images.astype(np.float32), table


@pytest.fixture(scope="module")
def audited(
    tmp_path_factory: pytest.TempPathFactory, make_cache: Callable[..., TrainingCache]
) -> tuple[Path, list[str]]:
    """Audit one fold of 48 patients; return the folder and the command line."""
    folder = tmp_path_factory.mktemp("audit")
    cache = make_cache(*textured_cohort(48))
    (folder / "quick.toml").write_text(RECIPE)
    source = ["--cache", str(cache.directory), "--config", str(folder / "quick.toml")]
    command = ["audit-synthetic", *source, "--out", str(folder / "out"), "--jobs", "1"]
    assert main(command) == 0
    return folder / "out", command


def test_report_has_every_measure_and_says_what_it_is(audited: tuple[Path, list[str]]) -> None:
    out, _ = audited
    content = json.loads((out / "audit.json").read_text())
    assert content["research_use_only"] is True
    fold = content["folds"][0]
    assert fold["images"] == {
        "training": 36,
        "training_good_response": 12,
        "held_out": 12,
        "synthetic_good_response": 12,
        "synthetic_poor_response": 12,
    }
    text = (out / "audit.md").read_text()
    for part in ("PSNR", "SSIM", "HU", "power ratio", "KID", "copies", "phantoms", "Research use"):
        assert part in text
    page = (out / "audit.html").read_text()
    assert page.count("<img") == 2
    assert not re.search(r"https?://|<script", page)


def test_texture_of_real_classes_is_reported_as_planted(audited: tuple[Path, list[str]]) -> None:
    out, _ = audited
    texture = json.loads((out / "audit.json").read_text())["folds"][0]["texture"]
    found = texture["real_good_over_real_poor"]["1-3 px"]
    assert found == pytest.approx((0.03 / 0.09) ** 2, rel=0.05)


def test_a_judge_of_real_images_knows_the_planted_classes(audited: tuple[Path, list[str]]) -> None:
    out, _ = audited
    fidelity = json.loads((out / "audit.json").read_text())["folds"][0]["class_fidelity"]
    assert fidelity["held_out_good_against_held_out_poor"]["auc"] > 0.9


def test_no_patient_is_named(audited: tuple[Path, list[str]]) -> None:
    out, _ = audited
    for name in ("audit.json", "audit.md", "audit.html", "reading.html"):
        words = re.sub(r"base64,[^\"]+", "", (out / name).read_text())
        assert not re.search(r"P0\d\d", words)


def test_a_second_run_measures_nothing_again(audited: tuple[Path, list[str]]) -> None:
    out, command = audited
    before = (out / "fold-1.json").stat().st_mtime_ns
    assert main(command) == 0
    assert (out / "fold-1.json").stat().st_mtime_ns == before


def test_more_folds_than_the_recipe_has_are_refused(
    audited: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    _, command = audited
    assert main([*command, "--folds", "9"]) == 2
    assert "9 folds" in capsys.readouterr().err


def test_key_of_the_reading_page_is_hidden_but_right() -> None:
    is_synthetic = np.array([True, False, False])
    page = reading_page(np.zeros((3, 4, 4), np.uint8), is_synthetic, phantoms=True)
    key = re.search(r'data-key="([^"]+)"', page)
    assert key
    assert json.loads(base64.b64decode(key[1])) == [True, False, False]
    assert "proves nothing" in page
    assert page.count('value="synthetic"') == 3
    assert not re.search(r"https?://", page)


def test_page_escapes_what_it_is_given() -> None:
    section = Section("<b>", ("a **b** <c>",), Table(("<i>",), (("x|y",),)))
    page = as_html([section])
    assert "&lt;b&gt;" in page
    assert "a <b>b</b> &lt;c&gt;" in page
    assert "<td>x|y</td>" in page
    assert "x\\|y" in as_markdown([section])
