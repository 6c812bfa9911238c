"""Checkpoints that a kill at any moment leaves whole: temporary file, fsync, replace.

A checkpoint is a safetensors file: tensors by name, and the facts (epoch, log, fingerprint) as
JSON in its header. Nothing is pickled.
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from dlcs_core.errors import TrainingError


@dataclass(frozen=True)
class Checkpoint:
    """State of one fold's training at the end of an epoch.

    Attributes
    ----------
    tensors : mapping of str to Tensor
        Flat names, e.g. ``model.fc.weight`` or ``optimizer.12.exp_avg``.
    facts : mapping
        JSON values.
    """

    tensors: Mapping[str, torch.Tensor]
    facts: Mapping[str, Any]


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that its name always stands for a whole old or a whole new file."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with temporary.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint in place of the last one."""
    tensors = {
        name: tensor.detach().to("cpu").contiguous() for name, tensor in checkpoint.tensors.items()
    }
    facts = json.dumps(dict(checkpoint.facts))
    write_atomically(path, save(tensors, metadata={"facts": facts}))


def read_checkpoint(path: Path, fingerprint: str) -> Checkpoint | None:
    """Read the last checkpoint; None where there is none.

    Raises
    ------
    TrainingError
        If the file is damaged or belongs to another configuration or other data.
    """
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as stored:
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - no mapping
            facts = json.loads((stored.metadata() or {})["facts"])
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise TrainingError("checkpoint_damaged", file=path.name) from error
    if facts.get("fingerprint") != fingerprint:
        raise TrainingError("checkpoint_of_another_run", file=path.name)
    return Checkpoint(tensors, facts)
