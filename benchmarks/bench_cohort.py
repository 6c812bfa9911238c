"""Cohort panels from a thousand to a million patients, beside the libraries one would combine.

Response: three scores, each with ROC curve and area, precision-recall, Brier, calibration
(intercept, slope, smooth curve, groups) and decision curve, and DeLong's intervals and tests,
beside scikit-learn + statsmodels + dcurves, which have no DeLong at all. Survival: see
``cohort_survival.py``. Every run has a process of its own, with one thread each; a peer past 300
seconds is stopped and printed as such. Time is CPU time, which does not depend on the neighbours
and is wall time on an idle machine: the median of its rounds after a warm-up on a small cohort.
Memory is the largest size of the whole process, interpreter and libraries included.
"""

import argparse
import importlib
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT)]

PANELS = ("response", "survival")
"""Each in ``cohort_<panel>.py`` with ``draw(n)``, ``ours(cohort)`` and ``peer(cohort)``."""

SIZES = (1_000, 10_000, 100_000, 1_000_000)
QUICK_SIZES = (1_000, 10_000, 100_000)
WARM_UP = 300
PEER_LIMIT_S = 300.0
QUICK_PEER_LIMIT_S = 30.0
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
LIMITS_S = {100_000: 1.0, 1_000_000: 10.0}
LIMIT_MB = 1000.0


@dataclass(frozen=True)
class Run:
    """What one process took; ``seconds`` is infinite where it was stopped."""

    seconds: float
    peak_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="to 100,000 rows, peers up to 30 s")
    parser.add_argument("--panel", choices=PANELS, action="append")
    parser.add_argument("--child", nargs=3, metavar=("PANEL", "SIDE", "N"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        panel, side, n = arguments.child
        print(json.dumps(measure(panel, side, int(n))))
        return
    wanted = arguments.panel or [p for p in PANELS if find_spec(f"cohort_{p}")]
    sizes = QUICK_SIZES if arguments.quick else SIZES
    limit = QUICK_PEER_LIMIT_S if arguments.quick else PEER_LIMIT_S
    summaries = [run_panel(panel, sizes, limit) for panel in wanted]
    summaries.append(run_reading(sizes[-1]))
    print("SUMMARY " + "; ".join(summaries))


def measure(panel: str, side: str, n: int) -> dict[str, float]:
    """Time one side of a panel in this process."""
    module = importlib.import_module(f"cohort_{panel}")
    work = getattr(module, side)
    work(module.draw(WARM_UP))
    cohort = module.draw(n)
    rounds = []
    while sum(rounds) < 1.0 and len(rounds) < 7:
        start = time.process_time()
        work(cohort)
        rounds.append(time.process_time() - start)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    return {"seconds": median(rounds), "peak_mb": peak_mb}


def run_panel(panel: str, sizes: tuple[int, ...], limit: float) -> str:
    """Print a panel's table and return its part of the summary."""
    print(f"{panel:9s} {'rows':>9s} {'ours s':>9s} {'peer s':>9s} {'ratio':>7s} "
          f"{'ours MB':>8s} {'peer MB':>8s}")  # fmt: skip
    ours, peers = {}, {}
    for n in sizes:
        ours[n] = child(panel, "ours", n, limit)
        stopped = any(math.isinf(run.seconds) for run in peers.values())
        peers[n] = Run(math.inf, math.nan) if stopped else child(panel, "peer", n, limit)
        ratio = peers[n].seconds / ours[n].seconds
        sizes_mb = f"{ours[n].peak_mb:8.0f} {peers[n].peak_mb:8.0f}"
        print(f"{'':9s} {n:9,d} {ours[n].seconds:9.3f} {told(peers[n].seconds, limit):>9s} "
              f"{ratio:7.1f} {sizes_mb}", flush=True)  # fmt: skip
    exponent = growth({n: run.seconds for n, run in ours.items()})
    theirs = growth({n: run.seconds for n, run in peers.items()})
    print(f"{'':9s} growth from {sizes[-2]:,} to {sizes[-1]:,} rows: "
          f"n^{exponent:.2f}, peer {told_growth(theirs)}")  # fmt: skip
    return summary(panel, ours, peers, exponent)


def summary(panel: str, ours: dict[int, Run], peers: dict[int, Run], exponent: float) -> str:
    """Return whether the promises hold, in one clause."""
    slow = [n for n, limit in LIMITS_S.items() if n in ours and ours[n].seconds > limit]
    behind = [n for n in ours if not ours[n].seconds < peers[n].seconds]
    heavy = [n for n, run in ours.items() if run.peak_mb > LIMIT_MB]
    last = max(ours)
    kept = "targets met" if not (slow or behind or heavy) else (
        f"MISSED: too slow at {slow}, behind the peer at {behind}, above 1 GB at {heavy}"
    )  # fmt: skip
    return (f"{panel} {last:,} rows {ours[last].seconds:.2f} s {ours[last].peak_mb:.0f} MB "
            f"n^{exponent:.2f} {kept}")  # fmt: skip


def child(panel: str, side: str, n: int, limit: float) -> Run:
    """Measure in a fresh process; a run past the limit is stopped."""
    command = [sys.executable, __file__, "--child", panel, side, str(n)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=limit,
            env={**os.environ, **ONE_THREAD},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Run(math.inf, math.nan)
    if done.returncode:
        sys.exit(f"{panel} {side} at {n} rows failed:\n{done.stderr}")
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def growth(seconds: dict[int, float]) -> float:
    """Exponent between the two largest sizes that were finished."""
    (n1, t1), (n2, t2) = list(seconds.items())[-2:]
    return math.log(t2 / t1) / math.log(n2 / n1)


def told(seconds: float, limit: float) -> str:
    return f"{seconds:.3f}" if math.isfinite(seconds) else f"> {limit:.0f}"


def told_growth(exponent: float) -> str:
    return f"n^{exponent:.2f}" if math.isfinite(exponent) else "stopped"


READING = """
import resource, sys, time
from pathlib import Path
import pandas
from dlcs_core.clinical.cohort import read_cohort
start = time.process_time()
read_cohort(Path(sys.argv[1]))
print(time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
WRITING = """
import sys
from pathlib import Path
from cohort_response import write_table
write_table(Path(sys.argv[1]), int(sys.argv[2]))
"""


def run_reading(n: int) -> str:
    """Time how a CSV of all columns becomes a checked cohort; no peer checks anything."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cohort.csv"
        # In a process of its own: on Linux a child's peak memory starts at its parent's.
        python(WRITING, str(path), str(n))
        seconds, peak_mb = map(float, python(READING, str(path)).split())
        size_mb = path.stat().st_size / 1e6
    print(f"reading   {n:9,d} {seconds:9.3f} s {peak_mb:.0f} MB ({size_mb:.0f} MB of CSV, "
          f"29 columns, every cell checked)")  # fmt: skip
    return f"reading {n:,} rows {seconds:.1f} s {peak_mb:.0f} MB"


def python(code: str, *arguments: str) -> str:
    """Return what some code prints in a fresh interpreter."""
    paths = os.pathsep.join([str(ROOT / "benchmarks"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True,
        env={**os.environ, **ONE_THREAD, "PYTHONPATH": paths},
    )  # fmt: skip
    return done.stdout


if __name__ == "__main__":
    main()
