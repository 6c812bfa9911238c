"""A drawn mask as files that other programs read: DICOM SEG and NIfTI.

Both hold exactly the mask's pixels; read back by this package they give the same mask.
"""

import gzip
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from dlcs_core import __version__
from dlcs_core.errors import ImagingError
from dlcs_core.imaging.dicom import is_dicom, read_dataset
from dlcs_core.imaging.dicom_values import text
from dlcs_core.imaging.sources import FileSource, ImagePath, list_sources
from dlcs_core.imaging.study import Grid, Mask, Volume

SEGMENT_LABEL = "Tumour"
SERIES_NUMBER = 900
"""Of the segmentation: far from the scanner's own."""

EVEN_TOLERANCE = 0.05
"""Share of the slice spacing by which positions may differ from even ones in a NIfTI file."""

PARALLEL_COSINE = 0.999

REPEATED_KEYWORDS = (
    *("StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "AccessionNumber"),
    *("ReferringPhysicianName", "PatientID", "PatientName", "PatientBirthDate", "PatientSex"),
)
"""Attributes by which an archive files the segmentation beside its image."""


@dataclass(frozen=True)
class ImageOrigin:
    """What a segmentation repeats of the image's header. Patient text: never logged or shown.

    Attributes
    ----------
    header : pydicom Dataset
        ``REPEATED_KEYWORDS`` of one slice.
    orientation : tuple of float
        ImageOrientationPatient of the stored slices.
    sop_class_uid : str
        Kind of the slices.
    """

    header: Dataset = field(repr=False)
    orientation: tuple[float, ...]
    sop_class_uid: str


def read_image_origin(image: ImagePath, volume: Volume) -> ImageOrigin | None:
    """Return what a segmentation of a volume must repeat.

    Parameters
    ----------
    image : path or sequence of paths
        Where the volume was read from.
    volume : Volume
        The volume.

    Returns
    -------
    ImageOrigin or None
        None for other formats than DICOM, and for files that hold several slices.
    """
    uids = volume.sop_instance_uids
    if volume.source_format != "dicom" or None in uids or len(set(uids)) != len(uids):
        return None
    for source in list_sources(image):
        dataset = _header(source)
        if dataset is not None and text(dataset, "SOPInstanceUID") in uids:
            return _origin(dataset)
    return None


def _header(source: FileSource) -> Dataset | None:
    with source.open() as stream:
        if not is_dicom(stream.read(4096)):
            return None
    return read_dataset(source, stop_before_pixels=True)


def _origin(dataset: Dataset) -> ImageOrigin:
    header = Dataset()
    for keyword in REPEATED_KEYWORDS:
        if keyword in dataset:
            header[keyword] = dataset[keyword]
    orientation = tuple(float(value) for value in dataset.get("ImageOrientationPatient") or ())
    return ImageOrigin(header, orientation, text(dataset, "SOPClassUID"))


def mask_segmentation(volume: Volume, mask: Mask, origin: ImageOrigin | None) -> bytes:
    """Return a mask as a binary DICOM segmentation of its image.

    Parameters
    ----------
    volume : Volume
        The image, read from DICOM with one slice per file.
    mask : Mask
        Not empty, on the volume's grid.
    origin : ImageOrigin or None
        From :func:`read_image_origin`.

    Returns
    -------
    bytes
        A DICOM file (PS3.3 A.51) with one segment, frames in the orientation of the stored
        slices. It carries the patient and study attributes of the image, so that it can be
        filed beside it.

    Raises
    ------
    ImagingError
        ``seg_needs_dicom_series`` for other images, ``mask_is_empty``.
    """
    import highdicom

    if not mask.planes:
        raise ImagingError("mask_is_empty")
    flips = _flips(volume.grid, origin)
    if origin is None or flips is None:
        raise ImagingError("seg_needs_dicom_series")
    slices = sorted(mask.planes)
    frames = np.stack([mask.plane(index)[:: flips[0], :: flips[1]] for index in slices])
    segmentation = highdicom.seg.Segmentation(
        source_images=[_source_image(volume, index, origin, flips) for index in slices],
        pixel_array=frames.astype(np.uint8),
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[_tumor_segment()],
        series_instance_uid=generate_uid(),
        series_number=SERIES_NUMBER,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="DLCS",
        manufacturer_model_name="DLCS outline editor",
        software_versions=__version__,
        device_serial_number="0",
        content_label="TUMOUR",
        series_description="Tumour outline (research use only)",
    )
    # Set afterwards: the library warns of unusual names by printing them.
    segmentation.PatientName = str(origin.header.get("PatientName", ""))
    written = BytesIO()
    segmentation.save_as(written, enforce_file_format=True)
    return written.getvalue()


def _tumor_segment() -> Any:
    """Return the description of the one segment (SNOMED CT terms)."""
    import highdicom
    from pydicom.sr.codedict import codes

    return highdicom.seg.SegmentDescription(
        segment_number=1,
        segment_label=SEGMENT_LABEL,
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Neoplasm,
        algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.MANUAL,
    )


def has_segmentation(volume: Volume, origin: ImageOrigin | None) -> bool:
    """Tell whether :func:`mask_segmentation` can refer to the image."""
    return _flips(volume.grid, origin) is not None


def _flips(grid: Grid, origin: ImageOrigin | None) -> tuple[int, int] | None:
    """Return the steps (1 or -1) from canonical to stored rows and columns.

    None where the stored slices are not the canonical ones (sagittal or coronal series).
    """
    if origin is None or len(origin.orientation) != 6:
        return None
    across = float(np.dot(origin.orientation[:3], grid.column_direction))
    down = float(np.dot(origin.orientation[3:], grid.row_direction))
    if min(abs(across), abs(down)) < PARALLEL_COSINE:
        return None
    return (1 if down > 0 else -1, 1 if across > 0 else -1)


def _source_image(
    volume: Volume, slice_index: int, origin: ImageOrigin, flips: tuple[int, int]
) -> Dataset:
    """Return the header of one slice, as far as a segmentation refers to it."""
    grid = volume.grid
    image = Dataset()
    for keyword in REPEATED_KEYWORDS:
        if keyword != "PatientName":
            setattr(image, keyword, str(origin.header.get(keyword, "")))
    image.PatientName, image.SpecificCharacterSet = "", "ISO_IR 192"
    image.SOPClassUID = origin.sop_class_uid
    image.SOPInstanceUID = volume.sop_instance_uids[slice_index]
    image.SeriesInstanceUID = volume.series_instance_uid
    image.FrameOfReferenceUID = volume.frame_of_reference_uid
    image.Modality, image.PositionReferenceIndicator = "CT", ""
    image.Rows, image.Columns = grid.size[1:]
    image.PixelSpacing = [grid.spacing_mm[1], grid.spacing_mm[2]]
    image.SliceThickness = image.SpacingBetweenSlices = grid.spacing_mm[0]
    image.ImageOrientationPatient = [
        *(flips[1] * value for value in grid.column_direction),
        *(flips[0] * value for value in grid.row_direction),
    ]
    row, column = (0 if f > 0 else n - 1 for f, n in zip(flips, grid.size[1:], strict=True))
    image.ImagePositionPatient = grid.patient_position_mm(slice_index, row, column).tolist()
    return image


def mask_nifti(grid: Grid, mask: Mask) -> bytes:
    """Return a mask as a gzipped NIfTI label map: 1 inside, 0 outside, every slice.

    Parameters
    ----------
    grid : Grid
        Grid of the image.
    mask : Mask
        On that grid.

    Raises
    ------
    ImagingError
        ``nifti_needs_even_slices`` where slices are missing or unevenly spaced: the format has
        one spacing only.
    """
    import nibabel

    if not has_even_slices(grid):
        raise ImagingError("nifti_needs_even_slices")
    labels = np.stack([mask.plane(index) for index in range(grid.size[0])]).astype(np.uint8)
    image: Any = nibabel.Nifti1Image(  # type: ignore[no-untyped-call]
        labels.transpose(2, 1, 0), _affine_ras(grid)
    )
    image.header.set_xyzt_units("mm")
    image.set_sform(image.affine, code=1)
    image.set_qform(image.affine, code=1)
    # No time in the file: the same mask is the same bytes.
    return gzip.compress(image.to_bytes(), mtime=0)


def has_even_slices(grid: Grid) -> bool:
    """Tell whether slices lie one spacing apart, as :func:`mask_nifti` needs them."""
    steps = np.asarray(grid.slice_positions_mm) - grid.slice_positions_mm[0]
    even = np.arange(grid.size[0]) * grid.spacing_mm[0]
    return bool(np.abs(steps - even).max() <= EVEN_TOLERANCE * grid.spacing_mm[0])


def _affine_ras(grid: Grid) -> NDArray[np.float64]:
    """Return the affine from (column, row, slice) to NIfTI's right-anterior-superior."""
    affine = np.eye(4)
    axes = (grid.column_direction, grid.row_direction, grid.normal)
    for place, (axis, spacing_mm) in enumerate(zip(axes, grid.spacing_mm[::-1], strict=True)):
        affine[:3, place] = np.asarray(axis) * spacing_mm
    affine[:3, 3] = grid.origin_mm
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
