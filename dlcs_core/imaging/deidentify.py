"""De-identification of a CT image in memory (DICOM PS3.15 Annex E, Basic Profile).

The Basic Profile lists what to remove; here the few attributes that an image needs are listed
and all others go, private ones, overlays and comments included. That is stricter than the
profile and cannot miss an attribute that a later edition of it adds. Kept beyond the profile
are sex and age (Retain Patient Characteristics Option).

This does not look at pixels: an image that says that it has text burned in, or of a kind that
usually has, is refused.
"""

import hmac
from hashlib import sha256

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import PYDICOM_IMPLEMENTATION_UID

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.dicom import refused_as
from dlcs_core.imaging.dicom_frames import CT_CLASSES
from dlcs_core.imaging.dicom_values import text

KEPT_KEYWORDS = frozenset(
    {
        *("SpecificCharacterSet", "ImageType", "SOPClassUID", "Modality", "BurnedInAnnotation"),
        *("PatientSex", "PatientAge", "BodyPartExamined", "PatientPosition"),
        *("SliceThickness", "KVP", "ConvolutionKernel", "ReconstructionDiameter"),
        *("GantryDetectorTilt", "SpacingBetweenSlices", "Manufacturer", "ManufacturerModelName"),
        *("SeriesNumber", "InstanceNumber", "AcquisitionNumber"),
        *("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceLocation"),
        *("SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames", "Rows", "Columns"),
        *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
        *("SmallestImagePixelValue", "LargestImagePixelValue"),
        *("PixelPaddingValue", "PixelPaddingRangeLimit", "LossyImageCompression"),
        *("RescaleIntercept", "RescaleSlope", "RescaleType", "WindowCenter", "WindowWidth"),
        *("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
        *("PlanePositionSequence", "PlaneOrientationSequence", "PixelMeasuresSequence"),
        *("PixelValueTransformationSequence", "FrameVOILUTSequence", "PixelData"),
    }
)
"""Attributes that stay as they are; sequences stay with their kept attributes."""

REMAPPED_KEYWORDS = frozenset(
    {"SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"}
)
EMPTIED_KEYWORDS = (
    *("PatientName", "PatientBirthDate", "StudyDate", "StudyTime", "StudyID"),
    *("AccessionNumber", "ReferringPhysicianName", "PositionReferenceIndicator"),
)
"""Attributes that an image must have, if only empty (type 2)."""

OLDEST_AGE_YEARS = 90
"""Older patients are given this age: so few live beyond it that the age alone can tell who."""

METHOD_CODES = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113108", "Retain Patient Characteristics Option"),
)
"""PS3.16 context group 7050."""

PICTURE_WORDS = ("LOCALIZER", "SCOUT", "SCREEN SAVE", "DOSE", "REPORT")


def deidentify(dataset: Dataset, *, pseudonym: str, key: bytes) -> Dataset:
    """Return a copy of a CT image without identity.

    Parameters
    ----------
    dataset : pydicom.Dataset
        A CT image, read whole. It is not changed.
    pseudonym : str
        New PatientID.
    key : bytes
        Secret of the project: the same UID under the same key becomes the same new UID, so that
        images of a series stay together, and nobody without the key can undo it.

    Returns
    -------
    pydicom.Dataset
        Listed attributes only, marked ``PatientIdentityRemoved = YES`` with the method codes.

    Raises
    ------
    ImagingError
        If the image declares burned-in annotation, is no CT slice (capture, localizer, dose
        sheet), or cannot be parsed.
    """
    with refused_as("dicom_unreadable"):
        _check_pixels_carry_no_text(dataset)
        clean = _kept(dataset, key)
        for keyword in EMPTIED_KEYWORDS:
            setattr(clean, keyword, "")
        clean.PatientID = pseudonym
        clean.PatientAge = _capped_age(text(dataset, "PatientAge"))
        clean.ContrastBolusAgent = "CONTRAST" if text(dataset, "ContrastBolusAgent") else ""
        clean.PatientIdentityRemoved = "YES"
        clean.DeidentificationMethodCodeSequence = Sequence(
            [_method_item(code, meaning) for code, meaning in METHOD_CODES]
        )
        clean.file_meta = _file_meta(dataset, clean)
    return clean


def remapped_uid(uid: str, key: bytes) -> str:
    """Return the UID that replaces another under a key (PS3.5 B.2, UUID-derived form).

    Examples
    --------
    >>> remapped_uid("1.2.3", b"key") == remapped_uid("1.2.3", b"key")
    True
    >>> remapped_uid("1.2.3", b"key") == remapped_uid("1.2.3", b"other")
    False
    """
    digest = hmac.digest(key, uid.encode(), sha256)
    return f"2.25.{int.from_bytes(digest[:16])}"


def _check_pixels_carry_no_text(dataset: Dataset) -> None:
    """Refuse an image that says, or whose kind suggests, that text is burned into its pixels."""
    kind = text(dataset, "ImageType").upper()
    is_picture = any(word in kind for word in PICTURE_WORDS)
    is_slice = text(dataset, "SOPClassUID") in CT_CLASSES and not is_picture
    if text(dataset, "BurnedInAnnotation").upper() == "YES" or not is_slice:
        raise ImagingError("burned_in_annotation")


def _kept(dataset: Dataset, key: bytes) -> Dataset:
    """Copy the attributes that stay, and those whose UID is remapped; recurse into sequences."""
    clean = Dataset()
    for element in dataset:
        if element.keyword in REMAPPED_KEYWORDS:
            clean.add(_remapped(element, key))
        elif element.keyword in KEPT_KEYWORDS and element.VR == "SQ":
            items = Sequence([_kept(item, key) for item in element.value])
            clean.add(DataElement(element.tag, "SQ", items))
        elif element.keyword in KEPT_KEYWORDS:
            clean.add(element)
    return clean


def _remapped(element: DataElement, key: bytes) -> DataElement:
    """Return the element with its UID replaced; an empty one stays empty."""
    uid = str(element.value or "")
    return DataElement(element.tag, "UI", remapped_uid(uid, key) if uid else "")


def _capped_age(age: str) -> str:
    """Return an age string, capped where the age alone could tell who."""
    years = int(age[:-1]) if age[-1:] == "Y" and age[:-1].isdecimal() else 0
    return f"{OLDEST_AGE_YEARS:03d}Y" if years > OLDEST_AGE_YEARS else age


def _method_item(code: str, meaning: str) -> Dataset:
    """Return one item of DeidentificationMethodCodeSequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "DCM", meaning
    return item


def _file_meta(dataset: Dataset, clean: Dataset) -> FileMetaDataset:
    """Return a fresh file meta header: the old one names the software and station that wrote it."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    meta.MediaStorageSOPClassUID = clean.SOPClassUID
    meta.MediaStorageSOPInstanceUID = clean.SOPInstanceUID
    meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
    return meta
