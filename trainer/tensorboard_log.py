"""The log of a fold for TensorBoard, beside the CSV that is always written."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FOLDER = "tensorboard"


def write_tensorboard(log: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Write the whole log of a fold as TensorBoard events, in place of the last ones.

    Parameters
    ----------
    log : sequence of mapping
        One row per epoch done; ``epoch`` and numbers by name.
    folder : Path
        Of the fold; receives a folder ``tensorboard``. A run that was cut off and taken up
        again leaves no epoch twice.
    """
    # Late: only who asks for it needs it.
    from torch.utils.tensorboard import SummaryWriter

    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    with SummaryWriter(str(folder / FOLDER)) as writer:
        for row in log:
            for name, value in row.items():
                if name != "epoch":
                    writer.add_scalar(name, value, row["epoch"])
