"""Assessing the patients of a batch in worker processes, here or on a cluster."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from dlcs_core.cli.batch_manifest import Job
from dlcs_core.cli.console import language, one_line
from dlcs_core.cli.failures import as_refusal
from dlcs_core.errors import DlcsError, Notice, UsageError

if TYPE_CHECKING:
    from dlcs_core.bundle.reader import Bundle
    from dlcs_core.report.case_report import CaseReport

Row = dict[str, object]
MakeExecutor = Callable[[int], Executor]

JOBS_AHEAD = 2
"""Jobs handed out per worker: enough to keep it busy, few enough to lose with it."""


def assess_all(
    jobs: Sequence[Job], bundle: Path, n_workers: int, make_executor: MakeExecutor
) -> Iterator[Row]:
    """Assess patients and yield each row as it is finished, in any order.

    Parameters
    ----------
    jobs : sequence of Job
        The patients.
    bundle : Path
        Trained model; each worker reads it once.
    n_workers : int
        Workers.
    make_executor : callable
        ``make_executor(n_workers) -> Executor``, used anew after a worker died.

    Yields
    ------
    dict
        A row of the result table. A worker that dies takes no other patient with it: those in
        flight are tried again, each alone.
    """
    waiting = deque(jobs)
    work = partial(assess_job, bundle=bundle)
    while waiting:
        suspects = yield from _work_until_broken(waiting, work, n_workers, make_executor)
        for job in suspects:
            yield _assess_alone(job, work, make_executor)


def _work_until_broken(
    waiting: deque[Job], work: Callable[[Job], Row], n_workers: int, make_executor: MakeExecutor
) -> Generator[Row, None, list[Job]]:
    """Yield rows until none is left or a worker died; return the jobs in flight at that moment."""
    in_flight: dict[Future[Row], Job] = {}
    with make_executor(n_workers) as executor:
        try:
            while waiting or in_flight:
                while waiting and len(in_flight) < JOBS_AHEAD * n_workers:
                    in_flight[executor.submit(work, waiting[0])] = waiting[0]
                    waiting.popleft()
                for future in wait(in_flight, return_when=FIRST_COMPLETED).done:
                    yield _row_of(future, in_flight[future])
                    del in_flight[future]
        except BrokenExecutor:
            return list(in_flight.values())
        finally:
            for future in in_flight:
                future.cancel()
    return []


def _assess_alone(job: Job, work: Callable[[Job], Row], make_executor: MakeExecutor) -> Row:
    with make_executor(1) as executor:
        try:
            return _row_of(executor.submit(work, job), job)
        except BrokenExecutor:
            return failed_row(job, UsageError("batch_worker_died"))


def _row_of(future: "Future[Row]", job: Job) -> Row:
    try:
        return future.result()
    except BrokenExecutor:
        raise
    except Exception as error:  # noqa: BLE001  (a cluster's own failures have no common class)
        return failed_row(job, as_refusal(error))


def assess_job(job: Job, bundle: Path) -> Row:
    """Assess one patient; runs in a worker and never raises for that patient's sake."""
    try:
        return _case_row(job, _assess(job, _bundle_of(bundle)))
    except Exception as error:  # noqa: BLE001  (one patient's failure is a row, whatever it is)
        return failed_row(job, as_refusal(error))


def failed_row(job: Job, error: DlcsError) -> Row:
    """Return the row of a patient that could not be assessed."""
    return {"patient_id": job.patient_id, "status": "failed", "reason": _reason(error)}


@cache
def _bundle_of(directory: Path) -> "Bundle":
    from dlcs_core.bundle.reader import read_bundle

    bundle = read_bundle(directory)
    bundle.network(threads=1)
    return bundle


def _assess(job: Job, bundle: "Bundle") -> "CaseReport":
    from dlcs_core.clinical.record import parse_record
    from dlcs_core.imaging.reading import read_study
    from dlcs_core.report.case import assess_case

    if job.image is None or job.mask is None:
        raise UsageError("batch_path_missing")
    record, warnings = parse_record({"patient_id": job.patient_id, **job.form})
    return assess_case(read_study(job.image, job.mask, job.roi), record, bundle, warnings)


def _case_row(job: Job, report: "CaseReport") -> Row:
    reasons = [n for n in report.warnings if n.code in report.abstained_because]
    return {
        "patient_id": job.patient_id,
        "status": "abstained" if report.abstained else "ok",
        "reason": "; ".join(dict.fromkeys(map(_reason, reasons))),
        "dl_score": report.dl_signature.score,
        "dl_signature": report.dl_signature.probability,
        "clinical_signature": report.clinical_probability,
        "dlcs": report.dlcs.probability,
        "os_linear_predictor": report.survival.linear_predictor,
        "risk_group": report.survival.risk_group,
    }


def _reason(message: DlcsError | Notice) -> str:
    from dlcs_core.translation import sentence_of

    return one_line(f"{message.code}: {sentence_of(message, language())}")
