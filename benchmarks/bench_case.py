"""One case, from a 60-slice DICOM series to the result, beside the tools one would combine.

The tools are MONAI, pytorch-grad-cam and lifelines.

Cold: from process start to JSON. Warm: case to report inside one process, one thread each. All
variants run in turn in this one run; medians and ratios are printed, CPU seconds first since wall
time depends on the neighbours. Both sides get the same weights; that they compute the same
logits and activation map on the same input is checked before anything is timed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT)]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
GFLOP_PER_FORWARD = 1.64
"""Multiplications and additions of one 3 x 112 x 112 forward, counted layer by layer."""


@dataclass(frozen=True)
class Run:
    """CPU and wall seconds and peak memory of one run."""

    cpu_s: float
    wall_s: float
    peak_mb: float = float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two rounds instead of seven")
    parser.add_argument("--case", type=Path, default=None)
    parser.add_argument("--bundle", type=Path, default=ROOT / "assets" / "demo_bundle")
    arguments = parser.parse_args()
    os.environ.update(ONE_THREAD)
    case = arguments.case or sorted(_usable_cases(ROOT / "assets" / "demo_cases"))[0]
    rounds = 2 if arguments.quick else 7
    with tempfile.TemporaryDirectory() as folder:
        run(case, arguments.bundle, Path(folder), rounds)


def _usable_cases(folder: Path) -> list[Path]:
    return [case for case in folder.iterdir() if case.name.startswith("good_responder")]


def run(case: Path, bundle: Path, work: Path, rounds: int) -> None:
    from make_series import make_series
    from peer_case import fit_cox

    image, mask = make_series(case, work)
    cox = work / "cox.pickle"
    fit_cox(ROOT / "assets" / "demo_cohort.csv", cox)
    form = case / "clinical.json"
    cold = _interleaved(_cold_jobs(image, mask, form, bundle, cox), rounds)
    warm, stages = _warm(image, mask, form, bundle, cox, rounds)
    print(f"60 slices, 5 folds x 8 views, medians of {rounds} rounds in turn")
    _print_table("cold, process start to JSON", cold)
    _print_table("warm, case to result, one thread", warm)
    _print_stages(stages, image)
    print(
        "SUMMARY bench_case: "
        f"cold {_cpu(cold['ours']):.2f} CPU-s, {_ratio(cold, 'peer'):.1f}x less than the peer, "
        f"{_ratio(cold, 'peer, crop first'):.1f}x less than its crop-first form; "
        f"warm {_cpu(warm['ours']):.2f} CPU-s, {_ratio(warm, 'peer'):.1f}x and "
        f"{_ratio(warm, 'peer, crop first'):.1f}x"
    )


def _cold_jobs(
    image: Path, mask: Path, form: Path, bundle: Path, cox: Path
) -> dict[str, Callable[[], Run]]:
    ours = [
        *(sys.executable, "-m", "dlcs_core", "predict", "--json"),
        *("--image", str(image), "--mask", str(mask)),
        *("--clinical", str(form), "--bundle", str(bundle)),
    ]
    paths = [str(path) for path in (image, mask, form, bundle, cox)]
    peer = [sys.executable, str(ROOT / "benchmarks" / "peer_case.py"), *paths]
    return {
        "ours": lambda: _process(ours),
        "peer": lambda: _process(peer),
        "peer, crop first": lambda: _process([*peer, "--crop-first"]),
    }


def _process(command: list[str]) -> Run:
    """Run one process to its end and read what the kernel charged it."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - start
    if status != 0:
        raise SystemExit(f"a benchmarked command failed: {process.stderr.read()[-500:]}")
    process.stderr.close()
    return Run(usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss / 1024)


def _warm(
    image: Path, mask: Path, form: Path, bundle: Path, cox: Path, rounds: int
) -> tuple[dict[str, list[Run]], dict[str, float]]:
    from peer_case import Peer, read_input

    from dlcs_core.bundle.reader import read_bundle

    ours = read_bundle(bundle)
    ours.network(threads=1)
    peer = Peer(bundle, cox)
    _check_parity(ours, peer, read_input(image, mask, crop_first=True))
    jobs = {
        "ours": lambda: _timed(lambda: _assess(image, mask, form, ours)),
        "peer": lambda: _timed(lambda: peer.assess(image, mask, form, crop_first=False)),
        "peer, crop first": lambda: _timed(lambda: peer.assess(image, mask, form, crop_first=True)),
    }
    jobs["ours"]()
    return _interleaved(jobs, rounds), _stages(image, mask, form, ours)


def _check_parity(ours, peer, x) -> None:
    """Both sides must give the same logits and activation map before they are timed."""
    from dlcs_core.network.gradcam import cells_to_pixels

    viewed = ours.network().run_views(x.numpy()[0])
    _, logits, cam = peer.infer(x)
    np.testing.assert_allclose(viewed.fold_logits, logits, atol=2e-4)
    ours_single = ours.network().run(x.numpy()).cam.mean(axis=0)[0]
    correlation = np.corrcoef(cells_to_pixels(ours_single).ravel(), cam.ravel())[0, 1]
    print(
        f"parity: logits within {np.abs(viewed.fold_logits - logits).max():.1e}, "
        f"activation map correlation {correlation:.3f} (theirs is rescaled fold by fold)"
    )


def _assess(image: Path, mask: Path, form: Path, bundle) -> str:
    from dlcs_core.clinical.record import read_record
    from dlcs_core.imaging.reading import read_study
    from dlcs_core.report.case import assess_case
    from dlcs_core.report.case_json import case_json

    record, notices = read_record(form)
    report = assess_case(read_study(image, mask), record, bundle, notices)
    return json.dumps(case_json(report), allow_nan=False)


def _stages(image: Path, mask: Path, form: Path, bundle) -> dict[str, float]:
    """CPU seconds of each stage, the median of five."""
    from dlcs_core.imaging.reading import read_study, read_volume
    from dlcs_core.preprocessing.pipeline import preprocess

    study = read_study(image, mask)
    x = preprocess(study).image
    network = bundle.network()
    whole = _cpu_s(lambda: _assess(image, mask, form, bundle))
    headers = _cpu_s(lambda: read_volume(image))
    stages = {
        "headers": headers,
        "outline": _cpu_s(lambda: read_study(image, mask)) - headers,
        "three slices to input": _cpu_s(lambda: preprocess(study)),
        "network, 40 forwards and maps": _cpu_s(lambda: network.run_views(x)),
    }
    # A difference of medians: near zero it is noise and may be negative.
    stages["rest: models, report, JSON"] = whole - sum(stages.values())
    return stages


def _cpu_s(job: Callable[[], object], rounds: int = 5) -> float:
    return median(_timed(job).cpu_s for _ in range(rounds))


def _timed(job: Callable[[], object]) -> Run:
    cpu, wall = time.process_time(), time.perf_counter()
    job()
    return Run(time.process_time() - cpu, time.perf_counter() - wall)


def _interleaved(jobs: dict[str, Callable[[], Run]], rounds: int) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            runs[name].append(job())
    return runs


def _cpu(runs: list[Run]) -> float:
    return median(run.cpu_s for run in runs)


def _ratio(table: dict[str, list[Run]], peer: str) -> float:
    pairs = zip(table[peer], table["ours"], strict=True)
    return median(theirs.cpu_s / ours.cpu_s for theirs, ours in pairs)


def _print_table(title: str, table: dict[str, list[Run]]) -> None:
    print(f"\n{title}\n{'':22}{'CPU s':>8}{'wall s':>9}{'peak MB':>9}{'ratio':>8}")
    for name, runs in table.items():
        wall, peak = median(r.wall_s for r in runs), median(r.peak_mb for r in runs)
        ratio = 1.0 if name == "ours" else _ratio(table, name)
        print(f"{name:22}{_cpu(runs):8.2f}{wall:9.2f}{peak:9.0f}{ratio:8.1f}")


def _print_stages(stages: dict[str, float], image: Path) -> None:
    total = sum(stages.values())
    print(f"\nours, warm, by stage ({total:.3f} CPU-s)")
    for name, seconds in stages.items():
        print(f"{name:34}{seconds:8.3f} s {100 * seconds / total:5.1f} %")
    print(f"{'floor: 40 forwards at matmul peak':34}{_matmul_floor_s():8.3f} s")
    print(f"{'floor: all bytes of the series':34}{_read_floor_s(image):8.3f} s")


def _matmul_floor_s() -> float:
    """Time of 40 forwards if every operation ran at the speed of one large float32 product.

    The product is onnxruntime's own, as numpy's and torch's may use older kernels on a given
    machine and would then give a floor above what the network takes.
    """
    import onnxruntime
    from onnx import TensorProto, helper

    size = 1536
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [size, size]) for name in "abc"]
    node = helper.make_node("MatMul", ["a", "b"], ["c"])
    graph = helper.make_graph([node], "product", ends[:2], ends[2:])
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    a = np.random.default_rng(0).random((size, size), dtype=np.float32)
    best = min(_timed(lambda: session.run(None, {"a": a, "b": a})).cpu_s for _ in range(8))
    return 40 * GFLOP_PER_FORWARD * 1e9 * best / (2 * size**3)


def _read_floor_s(image: Path) -> float:
    return min(
        _timed(lambda: [path.read_bytes() for path in image.iterdir()]).cpu_s for _ in range(5)
    )


if __name__ == "__main__":
    main()
