"""What a DICOM header says about patient and acquisition, for checks against the form."""

from pydicom.dataset import Dataset

from dlcs_core.imaging.dicom_values import text
from dlcs_core.imaging.study import SeriesHeader

YEARS_PER_AGE_UNIT = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}


def series_header(dataset: Dataset) -> SeriesHeader:
    """Return the acquisition facts of a series; what is absent or unreadable is None."""
    return SeriesHeader(
        patient_id=text(dataset, "PatientID") or None,
        patient_sex=text(dataset, "PatientSex") or None,
        patient_age_years=age_years(text(dataset, "PatientAge")),
        study_date=text(dataset, "StudyDate") or None,
        slice_thickness_mm=_number(text(dataset, "SliceThickness")),
        kvp=_number(text(dataset, "KVP")),
        kernel=text(dataset, "ConvolutionKernel") or None,
        contrast_agent=text(dataset, "ContrastBolusAgent") or None,
        body_part=text(dataset, "BodyPartExamined") or None,
        series_description=text(dataset, "SeriesDescription") or None,
        manufacturer=text(dataset, "Manufacturer") or None,
    )


def age_years(age: str) -> float | None:
    """Return a DICOM age string in years.

    Examples
    --------
    >>> age_years("063Y"), age_years("006M"), age_years("old")
    (63.0, 0.5, None)
    """
    unit = YEARS_PER_AGE_UNIT.get(age[-1:].upper())
    return float(age[:-1]) * unit if unit is not None and age[:-1].isdecimal() else None


def _number(value: str) -> float | None:
    """Return a finite number, or None."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None
