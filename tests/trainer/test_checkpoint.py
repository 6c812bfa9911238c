from pathlib import Path

import pytest
import torch

from dlcs_core.errors import TrainingError
from trainer.checkpoint import Checkpoint, read_checkpoint, write_atomically, write_checkpoint


def test_tensors_and_facts_come_back_bit_for_bit(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    tensors = {"a": torch.randn(3, 4, 5, 5), "step": torch.tensor(7.0)}
    tensors["a"] = tensors["a"].contiguous(memory_format=torch.channels_last)
    write_checkpoint(path, Checkpoint(tensors, {"fingerprint": "f", "epoch": 3}))
    read = read_checkpoint(path, "f")
    assert read is not None
    assert torch.equal(read.tensors["a"], tensors["a"])
    assert torch.equal(read.tensors["step"], tensors["step"])
    assert read.facts["epoch"] == 3


def test_without_a_file_there_is_no_checkpoint(tmp_path: Path) -> None:
    assert read_checkpoint(tmp_path / "absent", "f") is None


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def fail(_: int) -> None:
        raise OSError

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("cut", [4, 40, -3])
def test_a_cut_file_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "checkpoint.safetensors"
    write_checkpoint(path, Checkpoint({"a": torch.zeros(9)}, {"fingerprint": "f"}))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(TrainingError) as refusal:
        read_checkpoint(path, "f")
    assert refusal.value.code == "checkpoint_damaged"
