"""Run the folds in processes of their own and end them with the parent."""

import multiprocessing
import os
import queue
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from multiprocessing.queues import Queue

Report = Callable[[int], object]
Task = Callable[[int, Report], None]

POLL_SECONDS = 0.5

_progress: "Queue[int] | None" = None
"""In a worker: the way back to the parent's progress bar."""


def run_in_processes(task: Task, numbers: Sequence[int], jobs: int, report: Report) -> None:
    """Run ``task(number, report)`` for every number, ``jobs`` at a time.

    Parameters
    ----------
    task : callable
        Must be picklable. With one job it runs in this process.
    numbers : sequence of int
        What to run, in order.
    jobs : int
        Processes.
    report : callable
        Receives the progress of all of them.

    Raises
    ------
    Exception
        The first failure; the other processes are then ended, their checkpoints stay.
    """
    if jobs == 1:
        for number in numbers:
            task(number, report)
        return
    # Threads that spin while they wait would take the neighbour's core.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    context = multiprocessing.get_context("spawn")
    progress = context.Queue()
    pool = ProcessPoolExecutor(jobs, context, initializer=_start, initargs=(progress,))
    try:
        futures = [pool.submit(_run, task, number) for number in numbers]
        _watch(futures, progress, report)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()


def _watch(futures: Sequence[Future[None]], progress: "Queue[int]", report: Report) -> None:
    """Pass progress on until everything is done or something fails."""
    while not all(future.done() for future in futures):
        with suppress(queue.Empty):
            report(progress.get(timeout=POLL_SECONDS))
        for future in futures:
            if future.done():
                future.result()
    for future in futures:
        future.result()


def _start(progress: "Queue[int]") -> None:
    """Prepare a worker: Ctrl-C is the parent's to handle."""
    global _progress
    _progress = progress
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _run(task: Task, number: int) -> None:
    """Run one task in a worker."""
    task(number, _tell)


def _tell(amount: int) -> None:
    """Report progress, and stop when the parent is gone: a restarted run must not meet us."""
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():
        os._exit(1)
    if _progress is not None:
        _progress.put(amount)
