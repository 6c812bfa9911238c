"""``batch``: every patient of a manifest, in local processes or on a cluster; resumes."""

import argparse
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcs_core.cli.case_arguments import add_bundle_argument
from dlcs_core.cli.console import language, wants_progress, warning_list, write_json, write_lines
from dlcs_core.cli.output_files import check_output
from dlcs_core.errors import Notice, UsageError

if TYPE_CHECKING:
    from dlcs_core.cli.batch_work import MakeExecutor, Row

SCHEMA = "dlcs.batch/1"
STATUSES = ("ok", "abstained", "failed")
CONNECT_SECONDS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("--manifest", type=Path, required=True, metavar="CSV")
    add_bundle_argument(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="CSV", help="appended to")
    parser.add_argument("--jobs", type=_positive, metavar="N", help="local worker processes")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a dask.distributed cluster")
    parser.add_argument("--progress", action="store_true", help="also without a terminal")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def run(arguments: argparse.Namespace) -> int:
    """Assess every patient that the result table lacks, one line as each is finished."""
    from dlcs_core.bundle.reader import verify_files
    from dlcs_core.cli.batch_manifest import read_jobs, unfinished
    from dlcs_core.cli.batch_results import open_results
    from dlcs_core.cli.batch_work import assess_all

    check_output(arguments.out)
    _, _, bundle_sha256 = verify_files(arguments.bundle)
    jobs, warnings = read_jobs(arguments.manifest)
    n_workers, make_executor = _workers(arguments)
    counts: Counter[str] = Counter()
    with open_results(arguments.out, bundle_sha256) as results:
        left = unfinished(jobs, results.finished)
        rows = assess_all(left, arguments.bundle.resolve(), n_workers, make_executor)
        for row in _shown(rows, len(left), asked=arguments.progress):
            results.append(row)
            counts[str(row["status"])] += 1
    _tell(arguments, counts, len(jobs) - len(left), warnings)
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _workers(arguments: argparse.Namespace) -> "tuple[int, MakeExecutor]":
    if arguments.scheduler is None:
        return arguments.jobs or len(os.sched_getaffinity(0)), _local_executor
    client = _connect(arguments.scheduler)
    threads = sum(client.nthreads().values())
    return arguments.jobs or max(threads, 1), lambda _: client.get_executor()


def _local_executor(n_workers: int) -> Executor:
    # Spawned, not forked: a fork would copy the locks of this process's threads.
    return ProcessPoolExecutor(n_workers, mp_context=multiprocessing.get_context("spawn"))


def _connect(address: str) -> Any:
    from distributed import Client

    try:
        connect: Any = Client
        return connect(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise UsageError("scheduler_unreachable", seconds=CONNECT_SECONDS) from error


def _shown(rows: "Iterable[Row]", total: int, *, asked: bool) -> "Iterable[Row]":
    """Pass rows through, with a progress bar on stderr where one is wanted."""
    if not wants_progress(asked):
        return rows
    from tqdm import tqdm

    return tqdm(rows, total=total, unit="patient", file=sys.stderr)


def _tell(
    arguments: argparse.Namespace, counts: Counter[str], earlier: int, warnings: tuple[Notice, ...]
) -> None:
    from dlcs_core.translation import sentence

    tally = {status: counts[status] for status in STATUSES}
    if arguments.json:
        head = {"schema": SCHEMA, "research_use_only": True, **tally, "earlier": earlier}
        write_json({**head, "warnings": warning_list(warnings)})
    else:
        write_lines([sentence("batch_done", language(), earlier=earlier, **tally)])
