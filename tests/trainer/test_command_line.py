"""The trainer as a user runs it: one line per refusal, and a kill at any moment."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trainer.__main__ import main
from trainer.cache import TrainingCache
from trainer.stages.dl_signature import WEIGHTS_FILE
from trainer.train import run_folder

Cohort = tuple[np.ndarray, pd.DataFrame]

RECIPE = """
folds = 4
n_views = 1
[optimization]
epochs = 2
quantized_epochs = 1
batch_size = 8
max_learning_rate = 1e-3
[sampling]
crop_px = 32
"""


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "VERB"),
        (["fit", "--config", "demo", "--out", "x"], "--manifest"),
        (["fit", "--cache", "absent", "--config", "demo", "--out", "x"], "tensor cache"),
        (["fit", "--cache", "absent", "--config", "dmeo", "--out", "x"], "dmeo"),
        (["fit", "--cache", "absent", "--config", "demo", "--out", "x", "--jobs", "0"], "1 to 256"),
        (["prepare", "--manifest", "absent.csv", "--out", "x"], ""),
    ],
)
def test_a_refusal_is_one_line_on_stderr_and_exit_2(
    arguments: list[str],
    part: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.count("\n") == 1
    assert part in written.err
    assert list(tmp_path.iterdir()) == []


@dataclass(frozen=True)
class Run:
    """Arguments of a short run and the folder in which its state lies."""

    arguments: list[str]
    folder: Path


@pytest.fixture
def make_run(
    tmp_path: Path, make_cache: Callable[..., TrainingCache], small_cohort: Cohort
) -> Callable[[str], Run]:
    directory = make_cache(*small_cohort).directory
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE)

    def make(name: str) -> Run:
        out = tmp_path / name
        arguments = ["fit", "--cache", str(directory), "--config", str(recipe), "--out", str(out)]
        return Run([*arguments, "--until", "dl_signature"], run_folder(out))

    return make


@pytest.mark.slow
def test_a_run_killed_with_its_workers_goes_on_and_ends_as_one_that_was_not(
    make_run: Callable[[str], Run],
) -> None:
    whole, killed = make_run("whole"), make_run("killed")
    assert main([*whole.arguments, "--jobs", "1"]) == 0
    _start_and_stop(killed, signal.SIGKILL)
    assert main([*killed.arguments, "--jobs", "1"]) == 0
    assert len(_weights(whole.folder)) == 4
    assert _weights(killed.folder) == _weights(whole.folder)


def test_ending_a_run_ends_its_workers_and_says_how_to_go_on(
    make_run: Callable[[str], Run],
) -> None:
    status, complaint = _start_and_stop(make_run("ended"), signal.SIGTERM)
    assert status == 130
    assert complaint.count("\n") == 1
    assert "goes on" in complaint


@pytest.mark.slow
def test_ranks_of_torchrun_share_the_folds_and_all_end_well(
    make_run: Callable[[str], Run],
) -> None:
    whole, shared = make_run("whole"), make_run("shared")
    command = [sys.executable, "-m", "trainer", *shared.arguments, "--jobs", "1"]
    ranks = [{"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": "2"} for rank in "01"]
    processes = [subprocess.Popen(command, env=os.environ | rank) for rank in ranks]
    assert [process.wait(timeout=300) for process in processes] == [0, 0]
    assert main([*whole.arguments, "--jobs", "1"]) == 0
    assert _weights(shared.folder) == _weights(whole.folder)


def _start_and_stop(run: Run, number: int) -> tuple[int, str]:
    """Stop a run when its first checkpoint lies on disk; wait until no worker lives on."""
    command = [sys.executable, "-m", "trainer", *run.arguments, "--jobs", "2"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 300
    while not list(run.folder.glob("fold-*/checkpoint.safetensors")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    children = _children(process.pid)
    process.send_signal(number)
    _, complaint = process.communicate()
    while any(_is_alive(child) for child in children):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process.returncode, complaint


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def _weights(folder: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in folder.glob(f"*/{WEIGHTS_FILE}")}
