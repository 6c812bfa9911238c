"""Training, images per CPU-second, beside the loops of torchvision and timm with one network.

Our loop is the product's own (:func:`trainer.loop.train_fold`: draw, read, augment, forward,
backward, clip, step), one thread. The peers train the same architecture (their ResNet-50 without
its last group, one logit) at the same crop, batch and optimiser, as their reference scripts do:
torchvision's in the default memory layout, timm's likewise and with its ``--channels-last``. After
every batch of ours each peer trains one, so that all see the same neighbours; medians of CPU
seconds are printed, and the share of the speed of one large float32 matrix product. That our
network with the gates off gives torchvision's logit on torchvision's weights is checked first.

On a machine with a CUDA device the same loop is timed there, too: fp32 and bf16, eager and
compiled.
"""

import argparse
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402 - after the number of threads
import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402

GFLOP_FORWARD_112 = 1.64
"""Multiplications and additions of one 3 x 112 x 112 forward, counted layer by layer."""

BACKWARD_FACTOR = 3
"""Forward, gradient of the maps, gradient of the weights: a product of the same size each."""


@dataclass
class Timings:
    """CPU seconds of every batch by loop."""

    batch_size: int
    crop_px: int
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, loop: str, cpu_s: float) -> None:
        self.seconds.setdefault(loop, []).append(cpu_s)

    def rate(self, loop: str) -> float:
        """Images per CPU-second, the first batch left out."""
        return self.batch_size / median(self.seconds[loop][1:])

    def share(self, loop: str, ceiling: float) -> float:
        gflop = BACKWARD_FACTOR * GFLOP_FORWARD_112 * (self.crop_px / 112) ** 2
        return self.rate(loop) * gflop / ceiling


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="four batches instead of sixteen")
    parser.add_argument("--crop", type=int, default=80, help="pixels, as in demo.toml")
    parser.add_argument("--batch", type=int, default=16)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    batches = 5 if arguments.quick else 17
    ceiling = matmul_ceiling()
    timings = time_loops(batches, arguments.batch, arguments.crop)
    print_table(timings, ceiling)
    gpu = gpu_summary(arguments.quick)
    ours = timings.rate("ours")
    ratios = ", ".join(
        f"{ours / timings.rate(name):.2f}x {name}" for name in timings.seconds if name != "ours"
    )
    print(
        f"SUMMARY bench_train: {ours:.1f} images per CPU-s at {arguments.crop} px, "
        f"{100 * timings.share('ours', ceiling):.0f} % of the matmul ceiling; {ratios}; {gpu}"
    )


def matmul_ceiling() -> float:
    """GFLOP per CPU-second of one large float32 product: the faster of torch's and the server's."""
    size = 1536
    a = torch.rand(size, size)
    best = min(_cpu_s(lambda: a @ a) for _ in range(6))
    return max(2 * size**3 / best, _onnx_product(size)) / 1e9


def _onnx_product(size: int) -> float:
    """Operations per CPU-second of onnxruntime's product; 0 where it is not installed."""
    try:
        import onnxruntime
        from onnx import TensorProto, helper
    except ImportError:
        return 0.0
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [size, size]) for name in "abc"]
    node = helper.make_node("MatMul", ["a", "b"], ["c"])
    graph = helper.make_graph([node], "product", ends[:2], ends[2:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    a = np.random.default_rng(0).random((size, size), dtype=np.float32)
    best = min(_cpu_s(lambda: session.run(None, {"a": a, "b": a})) for _ in range(6))
    return 2 * size**3 / best


def _cpu_s(job: Callable[[], object]) -> float:
    start = time.process_time()
    job()
    return time.process_time() - start


def time_loops(batches: int, batch_size: int, crop_px: int) -> Timings:
    """Train our fold, and after each of its batches one of every peer."""
    images, response = _cohort(batches * batch_size)
    peers = make_peers(images, response, batch_size, crop_px)
    timings = Timings(batch_size, crop_px)
    mark = time.process_time()

    def after_a_batch(_images: int) -> None:
        nonlocal mark
        timings.add("ours", time.process_time() - mark)
        for name, train_batch in peers.items():
            timings.add(name, _cpu_s(train_batch))
        mark = time.process_time()

    with tempfile.TemporaryDirectory() as folder:
        mark = time.process_time()
        train_ours(images, response, batch_size, crop_px, Path(folder), after_a_batch)
    return timings


def _cohort(patients: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    images = rng.random((patients + 4, 3, 112, 112), dtype=np.float32)
    return images, np.arange(patients + 4) % 2 == 0


def train_ours(
    images: np.ndarray,
    response: np.ndarray,
    batch_size: int,
    crop_px: int,
    folder: Path,
    report: Callable[[int], None],
    **optimization: object,
) -> None:
    """Run the product's loop for one epoch."""
    from trainer.config import (
        NetworkConfig,
        OptimizationConfig,
        SamplingConfig,
        TrainingConfig,
    )
    from trainer.loop import FoldData, FoldRun, train_fold

    config = TrainingConfig(
        name="benchmark",
        network=NetworkConfig(input_scaling="soft_tissue"),
        optimization=OptimizationConfig(
            epochs=1, batch_size=batch_size, quantized_epochs=0, **optimization
        ),
        sampling=SamplingConfig(balancing="none", crop_px=crop_px),
    )
    device = torch.device("cuda" if torch.cuda.is_available() and optimization else "cpu")
    rows = np.arange(len(images) - 4)
    data = FoldData(images, response, rows, np.arange(len(rows), len(images)))
    train_fold(data, FoldRun(0, config, folder, "benchmark", device), report)


def make_peers(
    images: np.ndarray, response: np.ndarray, batch_size: int, crop_px: int
) -> dict[str, Callable[[], None]]:
    """Return, by name, a function that trains one batch as the peer's script does."""
    from torchvision.models import resnet50

    check_parity(shortened(resnet50(weights=None)))
    peers = {
        "torchvision": Peer(
            shortened(resnet50(weights=None)), images, response, (batch_size, crop_px)
        ).train_batch
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import timm
    except ImportError:
        print("timm is not installed (requirements-bench.txt): its loop is left out")
        return peers
    for name, layout in (
        ("timm", torch.contiguous_format),
        ("timm channels-last", torch.channels_last),
    ):
        model = shortened(timm.create_model("resnet50", pretrained=False)).to(memory_format=layout)
        peers[name] = Peer(model, images, response, (batch_size, crop_px), layout).train_batch
    return peers


def shortened(model: nn.Module) -> nn.Module:
    """Take the last group off and put one logit on."""
    model.layer4 = nn.Identity()
    model.fc = nn.Linear(1024, 1)
    return model


def check_parity(theirs: nn.Module) -> None:
    """Our network without gates must give torchvision's logit on torchvision's weights."""
    from dlcs_core.network.se_resnet50 import SeResNet50

    ours = SeResNet50(gates="none").eval()
    ours.load_state_dict(ours.state_dict() | theirs.state_dict())
    x = torch.rand(2, 3, 112, 112)
    with torch.no_grad():
        difference = (ours(x) - theirs.eval()(x)[:, 0]).abs().max().item()
    if difference > 1e-4:
        raise SystemExit(f"not the same network: logits differ by {difference:.1e}")
    print(f"parity: logits of both networks within {difference:.1e}")


class Peer:
    """Dataset, loader and step of a reference training script."""

    def __init__(
        self,
        model: nn.Module,
        images: np.ndarray,
        response: np.ndarray,
        shape: tuple[int, int],
        layout: torch.memory_format = torch.contiguous_format,
    ) -> None:
        from torchvision.transforms import v2

        batch_size, crop_px = shape
        transform = v2.Compose(
            [v2.RandomCrop(crop_px), v2.RandomHorizontalFlip(), v2.RandomVerticalFlip()]
        )
        self.loader = torch.utils.data.DataLoader(
            _Images(images[: -(len(images) % batch_size) or None], response, transform),
            batch_size,
            shuffle=True,
            drop_last=True,
        )
        self.batches = iter(self.loader)
        self.model, self.layout = model.train(), layout
        self.optimizer = torch.optim.AdamW(model.parameters(), 1e-4, weight_decay=0.01)
        self.criterion = nn.BCEWithLogitsLoss()

    def train_batch(self) -> None:
        """One turn of ``train_one_epoch``."""
        try:
            images, target = next(self.batches)
        except StopIteration:
            self.batches = iter(self.loader)
            images, target = next(self.batches)
        images = images.contiguous(memory_format=self.layout)
        loss = self.criterion(self.model(images)[:, 0], target)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 2.0)
        self.optimizer.step()
        loss.item()


class _Images(torch.utils.data.Dataset):
    def __init__(
        self, images: np.ndarray, response: np.ndarray, transform: Callable[[Tensor], Tensor]
    ) -> None:
        self.images, self.response, self.transform = images, response, transform

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        target = torch.tensor(float(self.response[index]))
        return self.transform(torch.from_numpy(self.images[index])), target


def print_table(timings: Timings, ceiling: float) -> None:
    batches = len(timings.seconds["ours"]) - 1
    print(
        f"matmul ceiling {ceiling:.1f} GFLOP per CPU-s; batches of {timings.batch_size} at "
        f"{timings.crop_px} px, one thread, medians of {batches} in turn"
    )
    print(f"{'loop':22}{'images/CPU-s':>14}{'of ceiling':>12}{'ours is':>10}")
    for name in timings.seconds:
        ratio = timings.rate("ours") / timings.rate(name)
        share = 100 * timings.share(name, ceiling)
        print(f"{name:22}{timings.rate(name):14.1f}{share:11.0f} %{ratio:9.2f}x")


def gpu_summary(quick: bool) -> str:
    """Time the loop on a CUDA device; say so where there is none."""
    if not torch.cuda.is_available():
        return "no GPU here"
    images, response = _cohort(32 * (20 if quick else 100))
    found = []
    for name, mixed in (("fp32", False), ("bf16", True)):
        rate, busy = _gpu_loop(images, response, mixed_precision=mixed)
        found.append(f"{name} {rate:.0f} images/s at {busy:.0f} % utilisation")
    for name, mixed, compiled in (
        ("step fp32", False, False),
        ("step bf16", True, False),
        ("step fp32 compiled", False, True),
        ("step bf16 compiled", True, True),
    ):
        found.append(f"{name} {_gpu_step(mixed=mixed, compiled=compiled):.0f}/s")
    return "GPU: " + ", ".join(found)


def _gpu_loop(images: np.ndarray, response: np.ndarray, **settings: object) -> tuple[float, float]:
    """Images per second and mean utilisation of the product's loop at batch 32."""
    times: list[float] = []
    busy: list[int] = []

    def after_a_batch(_images: int) -> None:
        torch.cuda.synchronize()
        times.append(time.perf_counter())
        busy.append(_utilisation())

    with tempfile.TemporaryDirectory() as folder:
        train_ours(images, response, 32, 112, Path(folder), after_a_batch, **settings)
    return 32 / median(np.diff(times[2:])), float(np.mean(busy[2:]))


def _utilisation() -> int:
    try:
        return torch.cuda.utilization()
    except (ModuleNotFoundError, RuntimeError):
        return -1


def _gpu_step(*, mixed: bool, compiled: bool) -> float:
    """Images per second of forward, backward and step on images that lie on the device."""
    from dlcs_core.network.se_resnet50 import SeResNet50

    model = SeResNet50(input_scaling="soft_tissue").cuda().to(memory_format=torch.channels_last)
    forward = torch.compile(model) if compiled else model
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4)
    x = torch.rand(128, 3, 112, 112, device="cuda").contiguous(memory_format=torch.channels_last)
    times = []
    for _ in range(30):
        with torch.autocast("cuda", torch.bfloat16, enabled=mixed):
            logits = forward(x)
        optimizer.zero_grad(set_to_none=True)
        logits.float().square().mean().backward()
        optimizer.step()
        torch.cuda.synchronize()
        times.append(time.perf_counter())
    return 128 / median(np.diff(times[10:]))


if __name__ == "__main__":
    main()
