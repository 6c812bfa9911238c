"""The same trainer on real pixels: was contrast medium given? ``python -m trainer contrast``.

Phantoms prove what the trainer learns from a planted signal, not that it copes with real CT. Here
it learns from labelled slices of chest CT whether contrast medium was given, by patient-wise
folds, beside torchvision's ResNet-50 on the same batches with the same budget. It says nothing
about tumours or treatment. The folder holds ``labels.csv`` (``file``, ``image_id``,
``patient_id``, ``contrast``, ``manufacturer``) and the files it names; the whole slice is the mask.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from dlcs_core.errors import TrainingError
from dlcs_core.preprocessing.settings import PreprocessingSettings
from trainer.augment import INITIAL_WEIGHTS, generator
from trainer.config import TrainingConfig
from trainer.contrast_report import ContrastScores, write_contrast_report
from trainer.fold_state import make_optimizer, set_rate
from trainer.loop import FoldData, FoldRun, augmented_batch, draw_batches, train_fold
from trainer.progress import progress_bar
from trainer.schedule import rate_and_momentum
from trainer.scoring import score_patients, to_device
from trainer.split import assign_folds
from trainer.stages.dl_signature import device_of

COLUMNS = ("file", "image_id", "patient_id", "contrast", "manufacturer")

WHOLE_SLICE = PreprocessingSettings(spacing_mm=4.0, zero_outside=False)
"""112 pixels of 4 mm: the whole slice instead of the surroundings of a tumour."""

OURS, TORCHVISION = "ours", "torchvision"


@dataclass(frozen=True)
class LabelledSlices:
    """Real slices and whether contrast medium was given.

    Attributes
    ----------
    images : float32 array, shape (n, 3, 112, 112)
        Model inputs in [0, 1]; a lone slice stands for its neighbours, too.
    contrast : bool array, shape (n,)
        The label of the original authors.
    patient_id, image_id, manufacturer : array of str, shape (n,)
        As in the table.
    """

    images: NDArray[np.float32]
    contrast: NDArray[np.bool_]
    patient_id: NDArray[np.str_]
    image_id: NDArray[np.str_]
    manufacturer: NDArray[np.str_]


def run_contrast(data: Path, config: TrainingConfig, out: Path) -> None:
    """Train both networks fold by fold and write scores, figures and report.

    Parameters
    ----------
    data : Path
        Folder with ``labels.csv``.
    config : TrainingConfig
        Recipe of both.
    out : Path
        Folder of the report; a fold whose checkpoint lies there is taken up again.

    Raises
    ------
    TrainingError
        If the table is missing or lacks a column.
    ImagingError
        If a slice cannot be read.
    """
    slices = read_labelled_slices(data)
    fold = patient_folds(slices, config)
    logits = {name: np.full(len(fold), np.nan) for name in (OURS, TORCHVISION)}
    with progress_bar(2 * config.folds, "Training on real slices", "network") as bar:
        for number in range(config.folds):
            folder = out / f"fold-{number + 1}"
            folder.mkdir(parents=True, exist_ok=True)
            rows = np.flatnonzero(fold == number)
            fold_data = FoldData(
                slices.images, slices.contrast, np.flatnonzero(fold != number), rows
            )
            run = FoldRun(number, config, folder, config.fingerprint(), device_of(number))
            model = train_fold(fold_data, run, lambda _: None)
            logits[OURS][rows], _ = score_patients(model, slices.images, rows, 1, run.device)
            bar.update(1)
            logits[TORCHVISION][rows] = train_torchvision(fold_data, run)
            bar.update(1)
    scores = ContrastScores(slices.contrast, slices.patient_id, slices.image_id, fold, logits)
    write_contrast_report(out, scores, config)


def read_labelled_slices(data: Path) -> LabelledSlices:
    """Read the table and every slice through the product's own reader and preprocessing."""
    from dlcs_core.imaging.reading import read_volume
    from dlcs_core.imaging.study import Mask, Study
    from dlcs_core.preprocessing.pipeline import preprocess

    try:
        table = pd.read_csv(data / "labels.csv", dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise TrainingError("contrast_table_missing", columns=", ".join(COLUMNS)) from error
    if not set(COLUMNS) <= set(table.columns):
        raise TrainingError("contrast_table_missing", columns=", ".join(COLUMNS))
    images = []
    for file in table["file"]:
        volume = read_volume(data / file)
        _, rows, columns = volume.grid.size
        mask = Mask((1, rows, columns), {0: np.ones((rows, columns), dtype=bool)})
        images.append(preprocess(Study(volume, mask, None, "polygons"), WHOLE_SLICE).image)
    return LabelledSlices(
        np.stack(images),
        (table["contrast"] == "1").to_numpy(bool),
        table["patient_id"].to_numpy(str),
        table["image_id"].to_numpy(str),
        table["manufacturer"].to_numpy(str),
    )


def patient_folds(slices: LabelledSlices, config: TrainingConfig) -> NDArray[np.int64]:
    """Split by patient, stratified by label and manufacturer, which goes with the label here."""
    table = pd.DataFrame(
        {
            "patient_id": slices.patient_id,
            "center": slices.manufacturer,
            "cohort": "training",
            "good_response": slices.contrast,
        }
    )
    return assign_folds(table, config.folds, config.seed)


def train_torchvision(data: FoldData, run: FoldRun) -> NDArray[np.float64]:
    """Train torchvision's ResNet-50 on the very batches of ours; return the held-out logits."""
    from torchvision.models import resnet50

    seed = generator(run.config.seed, INITIAL_WEIGHTS, run.fold).integers(2**31)
    torch.manual_seed(int(seed))
    model: nn.Module = resnet50(weights=None, num_classes=1, zero_init_residual=True)
    model = model.to(run.device).to(memory_format=torch.channels_last).train()
    settings = run.config.optimization
    optimizer = make_optimizer(model, settings)
    for epoch in range(settings.epochs):
        batches = draw_batches(data, run.config, run.fold, epoch)
        for index, rows in enumerate(batches):
            step = epoch * len(batches) + index
            set_rate(optimizer, *rate_and_momentum(step, len(batches), settings))
            images = augmented_batch(data, rows, run, (epoch, index * settings.batch_size))
            target = torch.from_numpy(data.good_response[rows]).to(run.device, torch.float32)
            optimizer.zero_grad(set_to_none=True)
            loss = binary_cross_entropy_with_logits(model(images)[:, 0], target)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(model.parameters(), settings.gradient_clip)
            optimizer.step()
    return _scores(model.eval(), data, run)


@torch.no_grad()
def _scores(model: nn.Module, data: FoldData, run: FoldRun) -> NDArray[np.float64]:
    images = to_device(data.images[data.held_out_rows], run.device)
    return np.asarray(model(images)[:, 0].double().cpu().numpy())
