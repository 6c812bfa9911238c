"""Small but real image files for the imaging tests: DICOM in every encoding, NIfTI, NRRD, MHA."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    RTStructureSetStorage,
    generate_uid,
)

SHARED_DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def uid(*words: object) -> str:
    """Return the same valid UID for the same words."""
    return str(generate_uid(entropy_srcs=[str(word) for word in words]))


@dataclass(frozen=True)
class SeriesPlan:
    """Everything that a written CT series may vary; the default is a plain axial one.

    ``hu`` is indexed (slice, row, column) in the order in which slices are written: slice k lies
    at ``origin + k * step_mm * normal`` with the normal of ``orientation``, unless ``positions``
    gives each slice's ImagePositionPatient.
    """

    hu: NDArray[np.int16]
    spacing: tuple[float, float] = (0.8, 0.7)
    step_mm: float = 5.0
    orientation: tuple[float, ...] = AXIAL
    origin: tuple[float, float, float] = (-20.0, -30.0, 100.0)
    positions: tuple[tuple[float, float, float], ...] | None = None
    transfer_syntax: str = ExplicitVRLittleEndian
    slope: float = 1.0
    intercept: float = -1024.0
    signed: bool = False
    bits_stored: int = 16
    name: str = "series"

    @property
    def series_uid(self) -> str:
        return uid(self.name, "series")

    @property
    def frame_of_reference_uid(self) -> str:
        return uid(self.name, "frame of reference")

    def sop_uid(self, slice_index: int) -> str:
        return uid(self.name, "instance", slice_index)

    def position(self, slice_index: int) -> NDArray[np.float64]:
        if self.positions is not None:
            return np.asarray(self.positions[slice_index], dtype=float)
        normal = np.cross(self.orientation[:3], self.orientation[3:])
        return np.asarray(self.origin) + slice_index * self.step_mm * normal

    def stored(self, slice_index: int) -> NDArray[np.integer]:
        values = np.round((self.hu[slice_index] - self.intercept) / self.slope)
        return values.astype(np.int16 if self.signed else np.uint16)


def phantom_hu(slices: int = 8, rows: int = 64, columns: int = 48) -> NDArray[np.int16]:
    """Return an asymmetric body in air, different in every slice, row and column."""
    k, r, c = np.meshgrid(np.arange(slices), np.arange(rows), np.arange(columns), indexing="ij")
    body = ((r - rows / 2) / (rows * 0.42)) ** 2 + ((c - columns / 2) / (columns * 0.42)) ** 2 < 1
    tissue = 10 * k + 2 * r - c
    return np.where(body, tissue, -1000).astype(np.int16)


def slice_dataset(plan: SeriesPlan, slice_index: int) -> Dataset:
    """Return one CT image object of a plan, uncompressed and explicit."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = plan.sop_uid(slice_index)
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = plan.sop_uid(slice_index)
    dataset.Modality = "CT"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.PatientID = "PHANTOM-1"
    dataset.PatientName = "Phantom^One"
    dataset.StudyInstanceUID = uid(plan.name, "study")
    dataset.SeriesInstanceUID = plan.series_uid
    dataset.FrameOfReferenceUID = plan.frame_of_reference_uid
    dataset.SeriesNumber = 3
    dataset.InstanceNumber = slice_index + 1
    dataset.SliceThickness = 2.5
    dataset.ImageOrientationPatient = list(plan.orientation)
    dataset.ImagePositionPatient = [float(x) for x in plan.position(slice_index)]
    dataset.PixelSpacing = list(plan.spacing)
    dataset.RescaleSlope = plan.slope
    dataset.RescaleIntercept = plan.intercept
    put_pixels(dataset, plan.stored(slice_index), plan.bits_stored)
    return dataset


def put_pixels(dataset: Dataset, stored: NDArray[np.integer], bits_stored: int = 16) -> None:
    """Put stored values (rows, columns) or (frames, rows, columns) into a dataset."""
    dataset.Rows, dataset.Columns = stored.shape[-2:]
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = 16
    dataset.BitsStored = bits_stored
    dataset.HighBit = bits_stored - 1
    dataset.PixelRepresentation = int(np.issubdtype(stored.dtype, np.signedinteger))
    dataset.PixelData = stored.astype(stored.dtype.newbyteorder("<")).tobytes()


def save(dataset: Dataset, path: Path, transfer_syntax: str = ExplicitVRLittleEndian) -> None:
    """Write a dataset in a transfer syntax, compressing where that is asked."""
    syntax = pydicom.uid.UID(transfer_syntax)
    if syntax.is_compressed and not syntax.is_deflated:
        dataset.compress(syntax)
    elif syntax == ExplicitVRBigEndian:
        dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
    dataset.file_meta.TransferSyntaxUID = syntax
    pydicom.dcmwrite(path, dataset, enforce_file_format=True, overwrite=True)


def write_series(
    directory: Path,
    plan: SeriesPlan,
    edit: Callable[[int, Dataset], None] | None = None,
    names: Callable[[int], str] = "IM{:04d}".format,
) -> list[Path]:
    """Write every slice; ``edit(slice_index, dataset)`` may spoil one before it is saved."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for slice_index in range(len(plan.hu)):
        dataset = slice_dataset(plan, slice_index)
        if edit is not None:
            edit(slice_index, dataset)
        paths.append(directory / names(slice_index))
        save(dataset, paths[-1], plan.transfer_syntax)
    return paths


@dataclass(frozen=True)
class DicomKit:
    """What a test needs to write DICOM: the functions above under one fixture."""

    Plan = SeriesPlan
    phantom_hu = staticmethod(phantom_hu)
    slice_dataset = staticmethod(slice_dataset)
    put_pixels = staticmethod(put_pixels)
    save = staticmethod(save)
    write_series = staticmethod(write_series)
    uid = staticmethod(uid)


@pytest.fixture
def kit() -> DicomKit:
    return DicomKit()


@pytest.fixture
def plan() -> SeriesPlan:
    return SeriesPlan(phantom_hu())


@pytest.fixture
def shared_data() -> Path:
    if not SHARED_DATA.is_dir():
        pytest.skip("the real CT series (../shared/data) are not here")
    return SHARED_DATA


def patient_points(
    plan: SeriesPlan, slice_index: float, ring: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (row, column) points of a written slice as patient positions, shape (points, 3)."""
    column_direction, row_direction = np.reshape(plan.orientation, (2, 3))
    normal = np.cross(column_direction, row_direction)
    return (
        np.asarray(plan.origin)
        + slice_index * plan.step_mm * normal
        + ring[:, :1] * plan.spacing[0] * row_direction
        + ring[:, 1:] * plan.spacing[1] * column_direction
    )


def contour(points: NDArray[np.float64], kind: str = "CLOSED_PLANAR") -> Dataset:
    """Return one contour of an RTSTRUCT."""
    item = Dataset()
    item.ContourGeometricType = kind
    item.NumberOfContourPoints = len(points)
    item.ContourData = [f"{value:.6f}" for value in points.ravel()]
    return item


def structure_set(plan: SeriesPlan, rois: dict[str, list[Dataset]]) -> Dataset:
    """Return an RTSTRUCT on a written series: name to contours, numbered from 1."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = RTStructureSetStorage
    dataset.SOPInstanceUID = uid(plan.name, "rtstruct")
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.Modality = "RTSTRUCT"
    dataset.SeriesInstanceUID = uid(plan.name, "rtstruct series")
    series, study, frame = Dataset(), Dataset(), Dataset()
    series.SeriesInstanceUID = plan.series_uid
    study.RTReferencedSeriesSequence = [series]
    frame.FrameOfReferenceUID = plan.frame_of_reference_uid
    frame.RTReferencedStudySequence = [study]
    dataset.ReferencedFrameOfReferenceSequence = [frame]
    dataset.StructureSetROISequence, dataset.ROIContourSequence = [], []
    for number, (name, contours) in enumerate(rois.items(), start=1):
        roi, drawn = Dataset(), Dataset()
        roi.ROINumber, roi.ROIName = number, name
        roi.ReferencedFrameOfReferenceUID = plan.frame_of_reference_uid
        drawn.ReferencedROINumber, drawn.ContourSequence = number, contours
        dataset.StructureSetROISequence.append(roi)
        dataset.ROIContourSequence.append(drawn)
    return dataset


def segmentation(
    plan: SeriesPlan, masks: NDArray[np.generic], kind: str = "BINARY", **options: object
) -> Dataset:
    """Return a SEG of highdicom on a written series; masks (slice, row, column[, segment])."""
    import highdicom

    if masks.ndim == 3 and kind != "LABELMAP":
        masks = masks[..., None]
    code = highdicom.sr.CodedConcept("M-01000", "SRT", "Morphologically Abnormal Structure")
    algorithm = highdicom.AlgorithmIdentificationSequence(
        name="test", version="1", family=highdicom.sr.CodedConcept("123110", "DCM", "Manual")
    )
    described = [
        highdicom.seg.SegmentDescription(
            number, f"Segment {number}", code, code,
            highdicom.seg.SegmentAlgorithmTypeValues.SEMIAUTOMATIC, algorithm,
        )
        for number in range(1, (masks.shape[3] if masks.ndim == 4 else int(masks.max())) + 1)
    ]  # fmt: skip
    sources = [slice_dataset(plan, k) for k in range(len(plan.hu))]
    for source in sources:
        # What highdicom copies from its source images.
        source.StudyID, source.StudyDate, source.StudyTime = "1", "20200101", "120000"
        source.AccessionNumber = source.ReferringPhysicianName = source.PatientBirthDate = ""
        source.PatientSex, source.Manufacturer, source.PositionReferenceIndicator = "F", "x", ""
    return highdicom.seg.Segmentation(
        source_images=sources, pixel_array=masks, segmentation_type=kind,
        segment_descriptions=described, series_instance_uid=uid(plan.name, "seg series"),
        series_number=9, sop_instance_uid=uid(plan.name, "seg"), instance_number=1,
        manufacturer="x", manufacturer_model_name="x", software_versions="1",
        device_serial_number="1", **options,
    )  # fmt: skip


@dataclass(frozen=True)
class MaskKit:
    """What a test needs to write masks of a series: the functions above under one fixture."""

    patient_points = staticmethod(patient_points)
    contour = staticmethod(contour)
    structure_set = staticmethod(structure_set)
    segmentation = staticmethod(segmentation)


@pytest.fixture
def mask_kit() -> MaskKit:
    return MaskKit()
