"""The evaluation report on a tiny run: every section, numbers equal to those of the statistics."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dlcs_core.statistics.delong import auc_estimate
from trainer.__main__ import main
from trainer.evaluation_report_document import Section, Table, as_html, as_markdown
from trainer.evaluation_report_included import included_section
from trainer.evaluation_report_maps import area_test
from trainer.train import SCORES_FILE, run_folder


@pytest.fixture(scope="module")
def report(smoke_run: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the report of the smoke run, with one included folder."""
    out, part = tmp_path_factory.mktemp("report"), tmp_path_factory.mktemp("part")
    (part / "liar.md").write_text(
        "# Liar test\n\nsome **words**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    source = ["--bundle", str(smoke_run.bundle), "--run", str(run_folder(smoke_run.bundle))]
    command = ["report", *source, "--cache", str(smoke_run.cache.directory), "--liar", str(part)]
    assert main([*command, "--out", str(out)]) == 0
    return out


def test_report_has_every_section_and_runs_nothing(report: Path) -> None:
    text, page = (report / "evaluation.md").read_text(), (report / "evaluation.html").read_text()
    for title in (
        "Table 1", "Table 2", "Figures 2 and 3", "Figures 3 and 4A", "Calibration before",
        "Centres and subgroups", "Table 3", "Figure 5", "Figure 4B", "Failure cases", "Liar test",
        "printed values", "TRIPOD", "CLAIM", "STROCSS",
    ):  # fmt: skip
        assert re.search(rf"^## .*{re.escape(title)}", text, re.M), title
    assert "computer phantoms" in text
    assert not re.search(r"<script|https?://|\bnan\b|\binf\b", re.sub(r"base64,[^\"]+", "", page))
    for file in re.findall(r"\]\((figures/[^)]+)\)", text):
        assert (report / file).stat().st_size > 500


def test_areas_are_those_of_the_run(report: Path, smoke_run: Any) -> None:
    table = pd.read_csv(run_folder(smoke_run.bundle) / SCORES_FILE)
    text = (report / "evaluation.md").read_text()
    for cohort, words in (
        ("training", "training, out of fold"),
        ("external_validation", "external validation"),
    ):
        rows = table[table["cohort"] == cohort]
        auc = auc_estimate(rows["good_response"].to_numpy(bool), rows["dl_signature"])
        assert auc.ci95 is not None
        expected = f"{auc.auc:.3f} ({auc.ci95[0]:.3f} to {auc.ci95[1]:.3f})"
        assert re.search(
            rf"\| {words} \| dl_signature \| {len(rows)} .*{re.escape(expected)}", text
        )


def test_no_patient_is_named(report: Path) -> None:
    for name in ("evaluation.md", "evaluation.html"):
        assert "PH-0" not in (report / name).read_text()


def test_a_run_without_scores_or_of_another_cache_is_refused(
    smoke_run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = ["report", "--bundle", str(smoke_run.bundle), "--out", str(tmp_path / "out")]
    base += ["--cache", str(smoke_run.cache.directory), "--run", str(tmp_path)]
    assert main(base) == 2
    assert SCORES_FILE in capsys.readouterr().err
    table = pd.read_csv(run_folder(smoke_run.bundle) / SCORES_FILE)
    table.iloc[::-1].to_csv(tmp_path / SCORES_FILE, index=False)
    assert main(base) == 2
    assert "same order" in capsys.readouterr().err


def test_area_test_is_the_regression_with_hc3_errors() -> None:
    statsmodels = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(3)
    good, area = rng.uniform(size=80) < 0.3, rng.uniform(300, 2000, 80)
    hot = 0.1 * area + 40 * good + rng.normal(0, 0.05 * area)
    found = area_test(hot, area, good)
    design = statsmodels.add_constant(np.column_stack([good.astype(float), area]))
    fit = statsmodels.OLS(hot, design).fit().get_robustcov_results("HC3", use_t=True)
    assert found is not None
    assert found.difference_mm2 == pytest.approx(fit.params[1])
    assert found.ci95 == pytest.approx(tuple(fit.conf_int()[1]))
    assert found.p == pytest.approx(fit.pvalues[1])


def test_areas_that_cannot_be_compared_give_nothing() -> None:
    area, good = np.linspace(1, 5, 20), np.arange(20) % 2 == 0
    assert area_test(np.zeros(20), area, good) is None
    assert area_test(area, area[::-1], np.ones(20, bool)) is None
    assert area_test(area[:5], area[:5], good[:5]) is None


def test_page_escapes_and_markdown_keeps_its_cells() -> None:
    section = Section("<b>", ("a **b** <c>", Table(("<i>",), (("x|y",),))))
    page = as_html("t", [section])
    assert "a <b>b</b> &lt;c&gt;" in page
    assert "&lt;i&gt;" in page
    assert "x\\|y" in as_markdown("t", [section])


def test_an_included_figure_outside_its_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.svg").write_text("<svg/>")
    folder = tmp_path / "part"
    folder.mkdir()
    (folder / "liar.md").write_text("## Title\n\n![a](../secret.svg)\n\n| a |\n|---|\n| x\\|y |\n")
    section = included_section(folder, "liar")
    assert section.title == "Title"
    assert section.blocks == ("(figure secret.svg is not there)", Table(("a",), (("x|y",),)))


def test_evidence_of_the_bundle_stands_in_the_report(report: Path, smoke_run: Any) -> None:
    evidence = json.loads((smoke_run.bundle / "evidence.json").read_text())["survival"]
    assert f"{evidence['patients']} training patients" in (report / "evaluation.md").read_text()
