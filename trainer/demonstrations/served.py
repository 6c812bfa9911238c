"""Phantoms through a bundle as serving shows them: probability and interval, one row a patient.

Result tables of ``batch`` have no intervals; this one does. A row is appended and flushed as each
patient is finished, and a second run goes on.
"""

import csv
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from dlcs_core.cli.batch_manifest import Job, read_jobs
from dlcs_core.errors import DlcsError
from trainer.progress import progress_bar

if TYPE_CHECKING:
    from dlcs_core.bundle.reader import Bundle
    from dlcs_core.report.case_report import CaseReport

COLUMNS = (
    "patient_id", "status", "dl_score",
    "dl_signature", "dl_signature_low", "dl_signature_high",
    "dlcs", "dlcs_low", "dlcs_high",
)  # fmt: skip

Row = dict[str, object]


def serve_cohort(manifest: Path, bundle: Path, out: Path, jobs: int) -> None:
    """Assess the patients of a manifest that the table lacks.

    Parameters
    ----------
    manifest : Path
        As of ``synthesize``.
    bundle : Path
        Trained model.
    out : Path
        CSV with ``COLUMNS``; appended to.
    jobs : int
        Processes.
    """
    from dlcs_core.cli.batch_manifest import unfinished

    left = unfinished(read_jobs(manifest)[0], _finished(out))
    is_new = not out.is_file()
    with out.open("a", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        if is_new:
            writer.writeheader()
        with progress_bar(len(left), "Serving", "patient") as bar:
            for row in _rows(left, bundle, jobs):
                writer.writerow(row)
                stream.flush()
                bar.update(1)


def _finished(table: Path) -> frozenset[str]:
    """Return the patients who have a whole row; a last line that was cut off is taken away."""
    if not table.is_file():
        return frozenset()
    text = table.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        table.write_text(whole, encoding="utf-8")
    return frozenset(row["patient_id"] for row in csv.DictReader(whole.splitlines()))


def _rows(jobs: Sequence[Job], bundle: Path, processes: int) -> Iterator[Row]:
    serve = partial(serve_one, bundle=bundle)
    if processes == 1:
        yield from map(serve, jobs)
        return
    # Spawned, not forked: a fork would copy the locks of this process's threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        yield from pool.map(serve, jobs, chunksize=4)


def serve_one(job: Job, bundle: Path) -> Row:
    """Assess one patient; a refused one is a row without numbers."""
    from dlcs_core.clinical.record import parse_record
    from dlcs_core.imaging.reading import read_study
    from dlcs_core.report.case import assess_case

    if job.image is None or job.mask is None:
        return {"patient_id": job.patient_id, "status": "failed"}
    try:
        record, warnings = parse_record({"patient_id": job.patient_id, **job.form})
        study = read_study(job.image, job.mask, job.roi)
        report = assess_case(study, record, _bundle_of(bundle), warnings)
    except DlcsError:
        return {"patient_id": job.patient_id, "status": "failed"}
    return served_row(job.patient_id, report)


def served_row(patient_id: str, report: "CaseReport") -> Row:
    """Return what is shown of a case."""
    signature, fused = report.dl_signature, report.dlcs
    low, high = signature.ci95 or (None, None)
    fused_low, fused_high = fused.ci95 or (None, None)
    return {
        "patient_id": patient_id,
        "status": "abstained" if report.abstained else "ok",
        "dl_score": signature.score,
        "dl_signature": signature.probability,
        "dl_signature_low": low,
        "dl_signature_high": high,
        "dlcs": fused.probability,
        "dlcs_low": fused_low,
        "dlcs_high": fused_high,
    }


@cache
def _bundle_of(directory: Path) -> "Bundle":
    from dlcs_core.bundle.reader import read_bundle

    bundle = read_bundle(directory)
    bundle.network(threads=1)
    return bundle
