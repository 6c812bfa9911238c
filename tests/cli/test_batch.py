import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from dlcs_core.cli.batch_results import COLUMNS, open_results
from dlcs_core.errors import UsageError


def write_manifest(path, form, images):
    """Write a manifest of the phantom's form, one row per image and mask."""
    rows = [
        {**form, "patient_id": f"P{number}", "image": image, "mask": mask}
        for number, (image, mask) in enumerate(images)
    ]
    return write_rows(path, rows)


def write_rows(path, rows):
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def read_rows(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return {row["patient_id"]: row for row in csv.DictReader(stream)}


@pytest.fixture
def batch(run_cli, untrained_bundle, tmp_path):
    def run(manifest, *options):
        files = ("--manifest", manifest, "--out", tmp_path / "out.csv")
        return run_cli("batch", *files, "--bundle", untrained_bundle, "--jobs", "1", *options)

    return run


def test_one_bad_patient_is_a_row_and_stops_nobody(batch, predict, case, kit, tmp_path):
    images = [(case.nifti, case.mask), ("absent.nii.gz", case.mask), (case.nifti, case.mask)]
    manifest = write_manifest(tmp_path / "manifest.csv", kit.FORM, images)
    result = batch(manifest)
    assert (result.code, result.err) == (0, "")
    rows = read_rows(tmp_path / "out.csv")
    assert {name: row["status"] for name, row in rows.items()} == {
        "P0": "ok", "P1": "failed", "P2": "ok",
    }  # fmt: skip
    assert rows["P1"]["reason"].split(":")[0].islower()
    assert rows["P1"]["dl_score"] == ""
    alone = predict().json
    assert float(rows["P0"]["dl_score"]) == pytest.approx(alone["dl_signature"]["score"], abs=1e-6)
    assert float(rows["P0"]["dlcs"]) == pytest.approx(alone["dlcs"]["probability"], abs=1e-6)
    assert rows["P0"]["risk_group"] == alone["survival"]["risk_group"]


def test_a_second_run_continues_where_the_first_was_killed(
    batch, case, kit, tmp_path, untrained_bundle
):
    manifest = write_manifest(tmp_path / "manifest.csv", kit.FORM, [(case.nifti, case.mask)] * 2)
    sha256 = hashlib.sha256((untrained_bundle / "manifest.json").read_bytes()).hexdigest()
    whole = ",".join(COLUMNS) + f"\nP0,ok,,0.25,,,,,,{sha256}\n"
    (tmp_path / "out.csv").write_text(whole + "P1,ok,,0.")
    result = batch(manifest, "--json")
    assert result.json["earlier"] == 1
    assert result.json["ok"] == 1
    text = (tmp_path / "out.csv").read_text()
    assert text.startswith(whole)
    rows = read_rows(tmp_path / "out.csv")
    assert list(rows) == ["P0", "P1"]
    assert rows["P0"]["dl_score"] == "0.25"
    assert float(rows["P1"]["dl_score"]) > 0


def test_a_refused_value_fails_its_patient_only(batch, case, kit, tmp_path):
    good = {**kit.FORM, "patient_id": "A", "image": case.nifti, "mask": case.mask}
    slip = {**good, "patient_id": "B", "albumin_g_l": 3.9}
    text = {**good, "patient_id": "C", "albumin_g_l": "about 39"}
    batch(write_rows(tmp_path / "manifest.csv", [good, slip, text]))
    rows = read_rows(tmp_path / "out.csv")
    assert rows["A"]["status"] == "ok"
    assert rows["B"]["reason"].startswith("value_outside_limits_unit_slip: albumin_g_l is 3.9 g/L")
    assert rows["C"]["reason"].startswith("value_not_a_number: ")


def test_identifiers_that_spreadsheets_would_run_are_quoted_and_still_resume(tmp_path):
    out = tmp_path / "out.csv"
    with open_results(out, "aa") as results:
        results.append({"patient_id": "=1+1", "status": "failed", "reason": "a,b", "dlcs": -0.5})
    assert out.read_text().splitlines()[1] == '\'=1+1,failed,"a,b",,,,-0.5,,,aa'
    with open_results(out, "aa") as results:
        assert results.finished == {"=1+1"}


def test_results_of_two_models_never_share_a_table(tmp_path):
    out = tmp_path / "out.csv"
    with open_results(out, "aa") as results:
        results.append({"patient_id": "A", "status": "ok", "dlcs": 0.5})
    before = out.read_bytes()
    with (
        pytest.raises(UsageError, match="batch_output_of_another_bundle"),
        open_results(out, "bb"),
    ):
        pass
    assert out.read_bytes() == before


def test_a_file_that_is_no_result_table_is_left_alone(tmp_path):
    (tmp_path / "thesis.csv").write_text("chapter,page\n1,1\n")
    with (
        pytest.raises(UsageError, match="batch_output_is_another_file"),
        open_results(tmp_path / "thesis.csv", "aa"),
    ):
        pass
    assert (tmp_path / "thesis.csv").read_text() == "chapter,page\n1,1\n"


def test_repeated_identifiers_are_refused_before_any_work(batch, refused, case, kit, tmp_path):
    row = {**kit.FORM, "patient_id": "A", "image": case.nifti, "mask": case.mask}
    refused(batch(write_rows(tmp_path / "manifest.csv", [row, row])))
    assert not (tmp_path / "out.csv").exists()


def test_json_tells_how_many_of_each(batch, case, kit, tmp_path):
    manifest = write_manifest(tmp_path / "manifest.csv", kit.FORM, [("absent", case.mask)])
    result = batch(manifest, "--json")
    assert json.loads(result.out) == {
        "schema": "dlcs.batch/1",
        "research_use_only": True,
        "ok": 0,
        "abstained": 0,
        "failed": 1,
        "earlier": 0,
        "warnings": [],
    }


def test_a_cluster_gives_the_rows_that_local_processes_give(batch, case, kit, tmp_path):
    from distributed import LocalCluster

    images = [(case.nifti, case.mask), ("absent", case.mask), (case.dicom, case.mask)]
    manifest = write_manifest(tmp_path / "manifest.csv", kit.FORM, images)
    batch(manifest)
    local = read_rows(tmp_path / "out.csv")
    (tmp_path / "out.csv").unlink()
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        result = batch(manifest, "--scheduler", cluster.scheduler_address)
    assert (result.code, result.err) == (0, "")
    assert read_rows(tmp_path / "out.csv") == local


def test_a_scheduler_that_does_not_answer_is_refused(batch, refused, case, kit, tmp_path):
    manifest = write_manifest(tmp_path / "manifest.csv", kit.FORM, [(case.nifti, case.mask)])
    refused(batch(manifest, "--scheduler", "tcp://127.0.0.1:9"))


def test_progress_is_shown_only_when_asked_for(batch, case, kit, tmp_path):
    manifest = write_manifest(tmp_path / "manifest.csv", kit.FORM, [("absent", case.mask)])
    assert "1/1" in batch(manifest, "--progress").err


def test_an_interrupt_keeps_the_finished_rows(case, kit, untrained_bundle, tmp_path):
    manifest = write_manifest(tmp_path / "manifest.csv", kit.FORM, [(case.nifti, case.mask)] * 200)
    files = ("--manifest", manifest, "--out", tmp_path / "out.csv", "--bundle", untrained_bundle)
    command = [sys.executable, "-m", "dlcs_core", "batch", *map(str, files), "--jobs", "1"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not has_a_row(tmp_path / "out.csv"):
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        err = process.stderr.read()
    assert process.returncode == 130
    assert err.count("\n") == 1
    rows = read_rows(tmp_path / "out.csv")
    assert 1 <= len(rows) < 200
    assert {row["status"] for row in rows.values()} == {"ok"}


def has_a_row(path):
    return path.exists() and path.read_text().count("\n") > 1
