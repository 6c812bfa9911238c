"""Synthetic images of one fold: made before its network, from its training part alone, once.

They lie in the fold's folder as ``synthetic.safetensors`` (images, origin, autoencoder) and
``synthetic.csv``, the origin by patient. Both appear whole or not at all; a run that goes on
reads them, and the same seed gives the same bytes.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trainer.augment import generator
from trainer.checkpoint import Checkpoint, read_checkpoint, write_atomically, write_checkpoint
from trainer.config import TrainingConfig

if TYPE_CHECKING:
    import torch

    from dlcs_core.deepsmote.autoencoder import Autoencoder
    from dlcs_core.deepsmote.oversample import SyntheticSet
    from trainer.loop import FoldData, FoldRun

SYNTHETIC_FILE, ORIGIN_FILE = "synthetic.safetensors", "synthetic.csv"

SYNTHESIS = 301
"""Purpose of a draw, beside those of :mod:`trainer.augment`."""

ORIGIN_COLUMNS = ("parent", "neighbor", "residual_of", "nearest")
"""Arrays of a synthetic set that name training images by row."""

Report = Callable[[int], object]


def with_synthetic_images(
    data: "FoldData", run: "FoldRun", patient_id: NDArray[np.str_], report: Report
) -> "FoldData":
    """Return a fold's data with its synthetic images behind the real ones.

    Parameters
    ----------
    data : FoldData
        Only the images and outcomes at ``training_rows`` are read.
    run : FoldRun
        Recipe and folder. One rank makes the images, the others wait for them.
    patient_id : array of str, shape (n_patients,)
        For the table of origins.
    report : callable
        Called with 0 after every epoch of the autoencoder, so that a worker notices when its
        parent is gone.

    Returns
    -------
    FoldData
        Images and outcomes of the whole cohort in memory, followed by the synthetic ones, whose
        rows are ``synthetic_rows``.
    """
    if run.team.leads:
        _make_once(data, run, patient_id, report)
    run.team.wait()
    tensors = _stored(run).tensors
    images, classes = tensors["images"].numpy(), tensors["classes"].numpy().astype(bool)
    return replace(
        data,
        images=np.concatenate([data.images, images]),
        good_response=np.concatenate([data.good_response, classes]),
        synthetic_rows=len(data.images) + np.arange(len(images)),
    )


def fit_fold_autoencoder(
    images: NDArray[np.float32],
    classes: NDArray[np.int64],
    config: TrainingConfig,
    fold: int,
    device: "torch.device",
    report: Report,
) -> "tuple[Autoencoder, SyntheticSet]":
    """Fit a fold's autoencoder on its training images and make its synthetic ones."""
    from dlcs_core.deepsmote.fit import fit_autoencoder
    from dlcs_core.deepsmote.oversample import make_synthetic_set

    settings = config.deepsmote
    fit_seed, draw_seed = generator(config.seed, SYNTHESIS, fold).integers(2**31, size=2).tolist()
    model = fit_autoencoder(
        images, classes, settings, fit_seed, device=device, report=lambda *_: report(0)
    )
    return model, make_synthetic_set(model, images, classes, settings, draw_seed)


def _make_once(
    data: "FoldData", run: "FoldRun", patient_id: NDArray[np.str_], report: Report
) -> None:
    """Make and store a fold's synthetic images where they are not there yet."""
    path = run.folder / SYNTHETIC_FILE
    if read_checkpoint(path, run.fingerprint) is not None:
        return
    rows = data.training_rows
    images, classes = data.images[rows], data.good_response[rows].astype(np.int64)
    model, made = fit_fold_autoencoder(images, classes, run.config, run.fold, run.device, report)
    write_atomically(run.folder / ORIGIN_FILE, origin_csv(made, patient_id[rows]))
    write_checkpoint(path, _as_checkpoint(model, made, rows, run.fingerprint))


def _as_checkpoint(
    model: "Autoencoder", made: "SyntheticSet", rows: NDArray[np.int64], fingerprint: str
) -> Checkpoint:
    """Return what is stored; rows become those of the cohort."""
    import torch

    arrays = {"images": made.images, "classes": made.classes, "weight": made.weight}
    for name in ORIGIN_COLUMNS:
        within = getattr(made, name)
        arrays[name] = np.where(within >= 0, rows[within], -1)
    tensors = {name: torch.from_numpy(value) for name, value in arrays.items()}
    tensors |= {f"autoencoder.{name}": value for name, value in model.state_dict().items()}
    return Checkpoint(tensors, {"fingerprint": fingerprint})


def _stored(run: "FoldRun") -> Checkpoint:
    stored = read_checkpoint(run.folder / SYNTHETIC_FILE, run.fingerprint)
    if stored is None:
        raise FileNotFoundError(run.folder / SYNTHETIC_FILE)  # somebody removed it just now
    return stored


def origin_csv(made: "SyntheticSet", patient_id: NDArray[np.str_]) -> bytes:
    """Return where every synthetic image comes from, by patient, as CSV.

    Parameters
    ----------
    made : SyntheticSet
        Its rows refer to the training part.
    patient_id : array of str, shape (n_training,)
        Of the training part.

    Returns
    -------
    bytes
        ``image, good_response, parent_id, neighbor_id, weight, residual_of_id, nearest_id,
        nearest_distance``: weight 0 is the parent; the distance from the nearest training image
        is the root of the mean squared difference in units of the window.
    """
    named = {
        f"{name}_id": np.where(getattr(made, name) >= 0, patient_id[getattr(made, name)], "")
        for name in ORIGIN_COLUMNS
    }
    table = pd.DataFrame(
        {
            "image": np.arange(len(made.images)),
            "good_response": made.classes,
            "parent_id": named["parent_id"],
            "neighbor_id": named["neighbor_id"],
            "weight": made.weight,
            "residual_of_id": named["residual_of_id"],
            "nearest_id": named["nearest_id"],
            "nearest_distance": made.nearest_distance,
        }
    )
    return table.to_csv(index=False, lineterminator="\n", float_format="%.9g").encode()
