"""Write a phantom as a CT series with its tumour as RTSTRUCT or DICOM SEG.

Everything in the files is fictitious and says so; identifiers follow from seed and patient, and
no clock is read, so the same call writes the same bytes.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
    RTStructureSetStorage,
)

from dlcs_core.synthetic.contours import outline_polygons
from dlcs_core.synthetic.rendering import FULL_FIELD, Phantom, render_slices
from dlcs_core.synthetic.series import (
    ENCODING_OF_CENTER,
    MASK_OF_CENTER,
    PatientHeader,
    series_numbers,
)

RESCALE_INTERCEPT_HU = -1024
FICTITIOUS_DATE, FICTITIOUS_TIME = "20200101", "120000"
MANUFACTURER = "PHANTOM (synthetic)"
ROI_NAME = "GTV_tumour"

_DETACHED_STUDY = "1.2.840.10008.3.1.2.3.1"

ENCODINGS = {
    "jpeg_ls": JPEGLSLossless,
    "uncompressed": ExplicitVRLittleEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "rle": RLELossless,
}


def write_dicom_case(
    phantom: Phantom, noise_seed: Sequence[int], directory: Path, patient: PatientHeader
) -> tuple[Path, Path]:
    """Write the series folder and the mask file of one patient.

    Parameters
    ----------
    phantom : Phantom
        Patient and scan.
    noise_seed : sequence of int
        Seed of the noise.
    directory : Path
        Existing folder.
    patient : PatientHeader
        What the headers say; its centre decides encoding and kind of mask.

    Returns
    -------
    image, mask : Path
        Folder of the series; RTSTRUCT or SEG file beside it.
    """
    numbers = series_numbers(phantom)
    image = directory / "image"
    encoding = ENCODING_OF_CENTER[patient.center]
    instances = write_series(phantom, noise_seed, image, patient, numbers, encoding)
    outlines = [phantom.outline(number) for number in numbers]
    kind = MASK_OF_CENTER[patient.center]
    mask = directory / f"{kind}.dcm"
    write = write_rtstruct if kind == "rtstruct" else write_seg
    write(mask, instances, outlines, patient)
    return image, mask


def write_series(
    phantom: Phantom,
    noise_seed: Sequence[int],
    directory: Path,
    patient: PatientHeader,
    numbers: Sequence[int],
    encoding: str,
) -> list[Dataset]:
    """Write CT slices; return their headers, without pixels, from feet to head."""
    directory.mkdir()
    instances = []
    rendered = render_slices(phantom, FULL_FIELD, numbers, noise_seed)
    for k, (number, hu) in enumerate(zip(numbers, rendered, strict=True)):
        header = _ct_header(phantom, patient, number, len(numbers) - k)
        header.PixelData = (hu - RESCALE_INTERCEPT_HU).astype("<u2").tobytes()
        _encode(header, encoding)
        header.save_as(directory / f"CT{k:04d}.dcm", enforce_file_format=True)
        del header.PixelData
        instances.append(header)
    return instances


def _encode(header: Dataset, encoding: str) -> None:
    syntax = ENCODINGS[encoding]
    if encoding in ("jpeg_ls", "rle"):
        header.compress(syntax, generate_instance_uid=False)
    else:
        header["PixelData"].VR = "OW"
        header.file_meta.TransferSyntaxUID = syntax


def _new_dataset(patient: PatientHeader, sop_class: UID, modality: str, *uid: object) -> Dataset:
    """Return what every object of the study shares."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = sop_class
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = UID(patient.uid(*uid))
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.Modality, dataset.Manufacturer = modality, MANUFACTURER
    dataset.ManufacturerModelName = f"phantom-{patient.center}"
    dataset.InstitutionName = f"Synthetic centre {patient.center}"
    dataset.StudyDate, dataset.StudyTime = FICTITIOUS_DATE, FICTITIOUS_TIME
    dataset.SeriesDate, dataset.SeriesTime = FICTITIOUS_DATE, FICTITIOUS_TIME
    dataset.AccessionNumber = dataset.ReferringPhysicianName = ""
    dataset.StudyID, dataset.StudyDescription = "1", "SYNTHETIC PHANTOM - NOT A PATIENT"
    dataset.PatientName, dataset.PatientID = f"PHANTOM^{patient.patient_id}", patient.patient_id
    dataset.PatientBirthDate, dataset.PatientSex = "", patient.sex
    dataset.PatientAge = f"{patient.age_years:03d}Y"
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = "Synthetic data; no patient"
    dataset.StudyInstanceUID = patient.uid("study")
    dataset.FrameOfReferenceUID = patient.uid("frame")
    return dataset


def _ct_header(
    phantom: Phantom, patient: PatientHeader, number: int, instance_number: int
) -> Dataset:
    scan = phantom.acquisition
    scanner = scan.scanner
    ct = _new_dataset(patient, CTImageStorage, "CT", "ct", number)
    ct.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
    ct.SeriesInstanceUID, ct.SeriesNumber = patient.uid("series"), 2
    ct.SeriesDescription = "Portal venous phase (synthetic)"
    ct.BodyPartExamined, ct.ProtocolName = "ABDOMEN", "Abdomen portal venous (synthetic)"
    ct.AcquisitionDate = ct.ContentDate = FICTITIOUS_DATE
    ct.AcquisitionTime = ct.ContentTime = FICTITIOUS_TIME
    ct.AcquisitionNumber, ct.InstanceNumber = 1, instance_number
    ct.ContrastBolusAgent, ct.ScanOptions = "synthetic iodine", "HELICAL MODE"
    ct.KVP, ct.ConvolutionKernel = str(scanner.kvp), scanner.kernel
    ct.SliceThickness = ct.SpacingBetweenSlices = f"{scanner.slice_mm:g}"
    ct.ReconstructionDiameter = f"{512 * scan.pixel_mm:.2f}"
    ct.XRayTubeCurrent, ct.ExposureTime = "220", "500"
    z_mm = f"{scan.z_mm(number):.3f}"
    ct.PatientPosition, ct.PositionReferenceIndicator = "HFS", ""
    ct.ImagePositionPatient = [f"{scan.x_mm[0]:.4f}", f"{scan.y_mm[0]:.4f}", z_mm]
    ct.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ct.SliceLocation = z_mm
    _describe_pixels(ct, scan.pixel_mm)
    return ct


def _describe_pixels(ct: Dataset, pixel_mm: float) -> None:
    ct.SamplesPerPixel, ct.PhotometricInterpretation = 1, "MONOCHROME2"
    ct.Rows = ct.Columns = 512
    ct.PixelSpacing = [f"{pixel_mm:.4f}"] * 2
    ct.BitsAllocated, ct.BitsStored, ct.HighBit, ct.PixelRepresentation = 16, 12, 11, 0
    ct.RescaleIntercept, ct.RescaleSlope, ct.RescaleType = str(RESCALE_INTERCEPT_HU), "1", "HU"
    ct.WindowCenter, ct.WindowWidth = "60", "350"
    ct.BurnedInAnnotation, ct.LossyImageCompression = "NO", "00"


def write_rtstruct(
    path: Path,
    instances: Sequence[Dataset],
    outlines: Sequence[NDArray[np.bool_]],
    patient: PatientHeader,
) -> None:
    """Write outlines as a structure set whose even-odd filling gives back each mask."""
    structure = _new_dataset(patient, RTStructureSetStorage, "RTSTRUCT", "rtstruct")
    structure.SeriesInstanceUID, structure.SeriesNumber = patient.uid("rtstruct series"), 3
    structure.OperatorsName, structure.InstanceNumber = "", 1
    structure.StructureSetLabel = "TUMOUR"
    structure.StructureSetDate, structure.StructureSetTime = FICTITIOUS_DATE, FICTITIOUS_TIME
    structure.ApprovalStatus = "UNAPPROVED"
    structure.ReferencedFrameOfReferenceSequence = [_referenced_frame(instances)]
    region = Dataset()
    region.ROINumber, region.ROIName = 1, ROI_NAME
    region.ReferencedFrameOfReferenceUID = patient.uid("frame")
    region.ROIGenerationAlgorithm = "AUTOMATIC"
    structure.StructureSetROISequence = [region]
    drawn = Dataset()
    drawn.ReferencedROINumber, drawn.ROIDisplayColor = 1, [255, 64, 64]
    drawn.ContourSequence = [
        _contour(header, polygon)
        for header, outline in zip(instances, outlines, strict=True)
        for polygon in outline_polygons(outline)
    ]
    structure.ROIContourSequence = [drawn]
    observation = Dataset()
    observation.ObservationNumber, observation.ReferencedROINumber = 1, 1
    observation.RTROIInterpretedType, observation.ROIInterpreter = "GTV", ""
    structure.RTROIObservationsSequence = [observation]
    structure.save_as(path, enforce_file_format=True)


def _referenced_frame(instances: Sequence[Dataset]) -> Dataset:
    """Return frame of reference, study, series and slices that the structures belong to."""
    series = Dataset()
    series.SeriesInstanceUID = instances[0].SeriesInstanceUID
    series.ContourImageSequence = [_reference(header) for header in instances]
    study = Dataset()
    study.ReferencedSOPClassUID = _DETACHED_STUDY
    study.ReferencedSOPInstanceUID = instances[0].StudyInstanceUID
    study.RTReferencedSeriesSequence = [series]
    frame = Dataset()
    frame.FrameOfReferenceUID = instances[0].FrameOfReferenceUID
    frame.RTReferencedStudySequence = [study]
    return frame


def _reference(header: Dataset) -> Dataset:
    reference = Dataset()
    reference.ReferencedSOPClassUID = header.SOPClassUID
    reference.ReferencedSOPInstanceUID = header.SOPInstanceUID
    return reference


def _contour(header: Dataset, polygon: NDArray[np.float64]) -> Dataset:
    """Return one closed planar contour in patient coordinates."""
    x, y, z = (float(value) for value in header.ImagePositionPatient)
    row_mm, column_mm = (float(value) for value in header.PixelSpacing)
    contour = Dataset()
    contour.ContourImageSequence = [_reference(header)]
    contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", len(polygon)
    contour.ContourData = [
        f"{value:.3f}"
        for row, column in polygon.tolist()
        for value in (x + column * column_mm, y + row * row_mm, z)
    ]
    return contour


def write_seg(
    path: Path,
    instances: Sequence[Dataset],
    outlines: Sequence[NDArray[np.bool_]],
    patient: PatientHeader,
) -> None:
    """Write outlines as a binary DICOM segmentation."""
    import highdicom
    from pydicom.sr.codedict import codes

    tumor = highdicom.seg.SegmentDescription(
        segment_number=1,
        segment_label=ROI_NAME,
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Neoplasm,
        algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.MANUAL,
    )
    segmentation = highdicom.seg.Segmentation(
        source_images=list(instances),
        pixel_array=np.stack(outlines).astype(np.uint8),
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[tumor],
        series_instance_uid=patient.uid("seg series"),
        series_number=4,
        sop_instance_uid=patient.uid("seg"),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name="phantom",
        software_versions="1",
        device_serial_number="1",
        content_label="TUMOUR",
    )
    _make_timeless(segmentation, patient)
    segmentation.save_as(path, enforce_file_format=True)


def _make_timeless(dataset: Dataset, patient: PatientHeader) -> None:
    """Replace what the library takes from clock and chance."""
    for element in dataset.iterall():
        if element.keyword == "DimensionOrganizationUID":
            element.value = patient.uid("dimensions")
        elif element.VR == "DA" and element.value:
            element.value = FICTITIOUS_DATE
        elif element.VR == "TM" and element.value:
            element.value = FICTITIOUS_TIME
        elif element.VR == "DT" and element.value:
            element.value = FICTITIOUS_DATE + FICTITIOUS_TIME
