"""What a DICOM series of a phantom consists of: slices, identifiers, encoding, kind of mask."""

import uuid
from dataclasses import dataclass

import numpy as np

from dlcs_core.synthetic.rendering import Phantom

SLICES_BEYOND_TUMOR = 4
COVERAGE_MM = 100.0
MOST_COVERING_SLICES = 40
HIGHEST_FILLER_MM = 80.0
"""Slices added only for coverage stay below the dome, where the phantom has no heart."""
MOST_SLICES = 96
_NAMESPACE = uuid.UUID("6f1c3c0e-8a54-5d0b-9f39-0d1c5b0f2a77")

ENCODING_OF_CENTER = {
    "C1": "jpeg_ls",
    "E1": "uncompressed",
    "E2": "jpeg_ls",
    "E3": "deflated",
    "E4": "jpeg_ls",
    "E5": "rle",
}
MASK_OF_CENTER = {
    "C1": "rtstruct",
    "E1": "seg",
    "E2": "rtstruct",
    "E3": "seg",
    "E4": "rtstruct",
    "E5": "seg",
}


@dataclass(frozen=True)
class PatientHeader:
    """What the headers say of the patient; agrees with the clinical record."""

    patient_id: str
    sex: str
    age_years: int
    center: str
    seed: int

    def uid(self, *parts: object) -> str:
        """Return an identifier that depends on seed, patient and parts alone."""
        name = "/".join(str(part) for part in (self.seed, self.patient_id, *parts))
        return f"2.25.{uuid.uuid5(_NAMESPACE, name).int}"


def series_numbers(phantom: Phantom) -> range:
    """Return the slices of a full series: the whole tumour, some beyond, at least 100 mm."""
    slice_mm = phantom.acquisition.scanner.slice_mm
    first = min(phantom.outlines) - SLICES_BEYOND_TUMOR
    last = max(phantom.outlines) + SLICES_BEYOND_TUMOR
    wanted = min(int(np.ceil(COVERAGE_MM / slice_mm)), MOST_COVERING_SLICES)
    missing = max(0, wanted - (last - first + 1))
    room_above = int((HIGHEST_FILLER_MM - phantom.acquisition.z_mm(last)) // slice_mm)
    above = min(missing // 2, max(room_above, 0))
    first, last = first - (missing - above), last + above
    key, half = phantom.key_slice_number, MOST_SLICES // 2
    return range(max(first, key - half), min(last, key + half - 1) + 1)
