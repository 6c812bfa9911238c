"""A 60-slice DICOM series with a NIfTI outline, made from a shipped demo case by interpolation."""

import copy
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from dlcs_core.imaging.reading import read_study
from dlcs_core.imaging.study import Study

N_SLICES = 60


def make_series(case: Path, target: Path, n_slices: int = N_SLICES) -> tuple[Path, Path]:
    """Write ``target/image`` and ``target/mask.nii.gz`` and return their paths."""
    mask_file = next(path for path in case.iterdir() if path.name.startswith("mask"))
    study = read_study(case / "image", mask_file)
    template = next(
        pydicom.dcmread(path) for path in sorted((case / "image").rglob("*")) if path.is_file()
    )
    image, outline, positions_mm = _interpolated(study, n_slices)
    folder = target / "image"
    folder.mkdir(parents=True, exist_ok=True)
    for index, plane in enumerate(image):
        dataset = _slice_dataset(template, study, plane, index, positions_mm[index])
        dataset.save_as(folder / f"{n_slices - index:04d}.dcm", enforce_file_format=True)
    mask_path = target / "mask.nii.gz"
    _write_mask(study, outline, positions_mm, mask_path)
    return folder, mask_path


def _interpolated(study: Study, n_slices: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    grid = study.volume.grid
    native_mm = np.asarray(grid.slice_positions_mm)
    positions_mm = np.linspace(native_mm[0], native_mm[-1], n_slices)
    volume = np.stack([study.volume.read_slice_hu(i) for i in range(grid.size[0])])
    exact = np.interp(positions_mm, native_mm, np.arange(grid.size[0]))
    low = np.minimum(exact.astype(int), grid.size[0] - 2)
    weight = (exact - low)[:, None, None].astype(np.float32)
    image = volume[low] * (1 - weight) + volume[low + 1] * weight
    outline = np.stack([study.mask.plane(int(i)) for i in np.round(exact)])
    return image, outline, positions_mm


def _slice_dataset(
    template: pydicom.Dataset, study: Study, plane: np.ndarray, index: int, position_mm: float
) -> pydicom.Dataset:
    dataset = copy.deepcopy(template)
    grid = study.volume.grid
    stored = np.clip(np.round(plane + 1024), 0, 4095).astype("<u2")
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.PixelData = stored.tobytes()
    dataset["PixelData"].VR = "OW"
    dataset["PixelData"].is_undefined_length = False
    dataset.PixelRepresentation, dataset.RescaleIntercept, dataset.RescaleSlope = 0, -1024, 1
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    origin = np.asarray(grid.origin_mm) + (position_mm - grid.slice_positions_mm[0]) * np.asarray(
        grid.normal
    )
    dataset.ImagePositionPatient = [f"{value:.6f}" for value in origin]
    dataset.ImageOrientationPatient = [*grid.column_direction, *grid.row_direction]
    dataset.SliceThickness = None
    dataset.InstanceNumber = index + 1
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=["bench", str(index)])
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def _write_mask(study: Study, outline: np.ndarray, positions_mm: np.ndarray, path: Path) -> None:
    grid = study.volume.grid
    image = sitk.GetImageFromArray(outline.astype(np.uint8))
    image.SetSpacing(
        (grid.spacing_mm[2], grid.spacing_mm[1], float(positions_mm[1] - positions_mm[0]))
    )
    image.SetOrigin(grid.origin_mm)
    axes = np.stack([grid.column_direction, grid.row_direction, grid.normal], axis=1)
    image.SetDirection(axes.ravel().tolist())
    sitk.WriteImage(image, str(path))
