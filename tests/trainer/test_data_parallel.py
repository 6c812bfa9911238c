"""Two processes that train one fold together compute what one process computes."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import load_file

from trainer.__main__ import main
from trainer.cache import TrainingCache
from trainer.data_parallel import Team
from trainer.stages.dl_signature import SCORES_FILE, WEIGHTS_FILE
from trainer.train import run_folder

RECIPE = """
folds = 4
n_views = 1
storage = "float16"
[optimization]
epochs = 2
quantized_epochs = 0
batch_size = 8
optimizer = "sgd"
schedule = "step"
max_learning_rate = 1e-2
[sampling]
crop_px = 32
"""


@pytest.mark.parametrize("rows", [2, 7, 8, 32])
@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_ranks_share_every_batch_without_gap_or_overlap(rows: int, ranks: int) -> None:
    batch = np.arange(rows)
    parts = [batch[Team(rank, ranks).own_part(batch)] for rank in range(ranks)]
    assert np.concatenate(parts).tolist() == batch.tolist()
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.slow
def test_two_ranks_of_torchrun_train_what_one_process_trains(
    tmp_path: Path,
    make_cache: Callable[..., TrainingCache],
    small_cohort: tuple[np.ndarray, pd.DataFrame],
) -> None:
    directory = make_cache(*small_cohort).directory
    (tmp_path / "recipe.toml").write_text(RECIPE)
    arguments = ["fit", "--cache", str(directory), "--config", str(tmp_path / "recipe.toml")]
    arguments += ["--until", "dl_signature", "--jobs", "1", "--out"]
    assert main([*arguments, str(tmp_path / "one")]) == 0
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command = [*torchrun, "--standalone", "-m", "trainer", *arguments, str(tmp_path / "two")]
    done = subprocess.run(
        [*command, "--data-parallel"],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for fold in range(1, 5):
        one, two = (run_folder(tmp_path / name) / f"fold-{fold}" for name in ("one", "two"))
        weights = [load_file(folder / WEIGHTS_FILE) for folder in (one, two)]
        for name, expected in weights[0].items():
            np.testing.assert_allclose(weights[1][name], expected, rtol=2e-3, atol=2e-4)
        with np.load(one / SCORES_FILE) as a, np.load(two / SCORES_FILE) as b:
            assert np.abs(a["logits"]).max() > 5e-3
            np.testing.assert_allclose(a["logits"], b["logits"], atol=2e-4)
    logs = [pd.read_csv(run_folder(tmp_path / name) / "fold-1/log.csv") for name in ("one", "two")]
    np.testing.assert_allclose(logs[0]["loss"], logs[1]["loss"], rtol=1e-4)


def test_statistics_of_the_whole_batch_are_torchs_batch_norm() -> None:
    """With one rank the sum over ranks is the identity: the arithmetic is held against torch."""
    script = (
        "import torch, torch.distributed as d\n"
        "from trainer.data_parallel import Team\n"
        "d.init_process_group('gloo', init_method='tcp://127.0.0.1:0', rank=0, world_size=1)\n"
        "torch.manual_seed(0)\n"
        "own, theirs = torch.nn.BatchNorm2d(3), torch.nn.BatchNorm2d(3)\n"
        "Team(0, 2).share_statistics(own)\n"
        "x = torch.randn(4, 3, 5, 5); w = torch.randn(4, 3, 5, 5)\n"
        "a, b = x.clone().requires_grad_(), x.clone().requires_grad_()\n"
        "(own(a) * w).sum().backward(); (theirs(b) * w).sum().backward()\n"
        "torch.testing.assert_close(a.grad, b.grad, atol=1e-5, rtol=1e-4)\n"
        "for n, t in own.state_dict().items():\n"
        "    torch.testing.assert_close(t, theirs.state_dict()[n])\n"
        "torch.testing.assert_close(own.weight.grad, theirs.weight.grad)\n"
        "torch.testing.assert_close(own.eval()(x), theirs.eval()(x))\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
    assert torch.distributed.is_available()
