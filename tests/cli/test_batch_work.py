import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from dlcs_core.cli import batch_work
from dlcs_core.cli.batch_manifest import Job


def make_executor(n_workers):
    return ProcessPoolExecutor(n_workers, mp_context=get_context("fork"))


def die_on_the_second(job, bundle):
    if job.patient_id == "P1":
        os._exit(9)
    return {"patient_id": job.patient_id, "status": "ok"}


def test_a_worker_that_dies_takes_only_its_own_patient(monkeypatch):
    monkeypatch.setattr(batch_work, "assess_job", die_on_the_second)
    jobs = [Job(f"P{number}", None, None, None, {}) for number in range(6)]
    rows = list(batch_work.assess_all(jobs, Path("unused"), 2, make_executor))
    statuses = {row["patient_id"]: row["status"] for row in rows}
    assert statuses == {f"P{n}": "failed" if n == 1 else "ok" for n in range(6)}
    reason = next(row["reason"] for row in rows if row["status"] == "failed")
    assert reason.startswith("batch_worker_died: ")


def test_a_patient_without_paths_is_a_row_that_says_so(untrained_bundle):
    row = batch_work.assess_job(Job("P1", None, None, None, {}), untrained_bundle)
    assert row["status"] == "failed"
    assert row["reason"].startswith("batch_path_missing: ")
