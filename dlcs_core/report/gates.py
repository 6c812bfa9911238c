"""Whether a case is one that the model was made for: what abstains and what only warns.

Everything judged from pixels and geometry holds for every file format alike. What only a DICOM
header can tell is judged where there is one; its absence never abstains.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from dlcs_core.clinical.record import ClinicalRecord
from dlcs_core.errors import Notice
from dlcs_core.imaging.study import SeriesHeader, Study
from dlcs_core.preprocessing.image_clues import ImageClues
from dlcs_core.preprocessing.input_statistics import InputStatistics
from dlcs_core.preprocessing.measurements import StudyMeasurements

Range = tuple[float, float]

RELATIVE_TOLERANCE = {
    "slice_spacing_mm": 0.02,  # positions in headers are rounded
    "pixel_spacing_mm": 0.02,
    "mask_area_mm2": 0.25,  # two readers' outlines of one tumour differ by about as much
}
"""How far beyond the trained range, as a share of its ends, a study may lie."""

INTENSITY_TOLERANCE_HU = {
    "mean_hu": 10.0,
    "input_median_hu": 15.0,
    "input_low_hu": 25.0,
    "input_high_hu": 25.0,
}
"""The same for intensities, which may be near 0; scanners drift by a few HU, and the ends of a
distribution by more."""

SPREAD_FACTOR = 1.6
"""The same for noise and change between slices, as a factor: dose, kernel and slice thickness of
another scanner change the noise by about as much, and what is no CT at all by far more."""

SMALLEST_FAT_CM2 = 1.0
"""Area of fat on a slice below which the values are no Hounsfield units of a body: every
abdomen has some, and neither magnetic resonance nor noise has values like it."""

SMALLEST_SOFT_TISSUE_CM2 = 2.0
SMALLEST_ENHANCED_SHARE = 0.02
"""Share of the soft tissue above 85 HU without which no contrast medium is seen."""

LARGEST_ARTERIAL_CM2 = 1.5
"""Area above 260 HU of one tissue from which the aorta has not passed its arterial phase; half a
cross-section of an aorta."""

SMALLEST_SOFT_SHARE = 0.5
"""Share of the outline that must be soft tissue."""

ADULT_YEARS = 18.0

MAX_DIAMETER_DISAGREEMENT = 0.3
"""Share by which the form's diameter may differ from the measured one without a warning."""

MAX_AGE_DIFFERENCE_YEARS = 1.0

_ABDOMEN = re.compile(r"ABD|STOM|GASTR|LIVER|OESOPH|ESOPH|TORSO|TRUNK|WHOLE|BODY|腹|胃|肝")
_OTHER_PHASE = re.compile(
    r"ARTERIAL|\bART\b|PANCREATIC|CORTICO|DELAY|EXCRET|NATIVE|NON.?CONTRAST|UNENHANCED|WITHOUT"
    r"|PLAIN|动脉|平扫|延迟|排泄"
)
_PORTAL_PHASE = re.compile(r"PORTAL|VENOUS|\bPV|\bVP|门|静脉")


def reasons_to_abstain(
    study: Study,
    measured: StudyMeasurements,
    trained_ranges: Mapping[str, Range],
    statistics: InputStatistics | None = None,
    slab_mm: float = 0.0,
) -> tuple[Notice, ...]:
    """Return why a study lies outside what the model was made for.

    Parameters
    ----------
    study : Study
        Volume and mask.
    measured : StudyMeasurements
        Of the same study.
    trained_ranges : mapping of str to (low, high)
        From the manifest: ``slice_spacing_mm``, ``pixel_spacing_mm``, ``mask_area_mm2``,
        ``mean_hu`` and those of the model input; a range that is not there is not judged.
    statistics : InputStatistics, optional
        Of the model input; without them their ranges are not judged.
    slab_mm : float
        Thinner slices reach the model as slabs of this thickness, and are judged as such.

    Returns
    -------
    tuple of Notice
        Empty for a case of the kind that the model was trained on.
    """
    return (
        *_outside_ranges(_judged(measured, statistics, slab_mm), trained_ranges),
        *_at_edge(measured),
        *_header_reasons(study.volume.header),
    )


def incomplete_slabs(warnings: Iterable[Notice]) -> tuple[Notice, ...]:
    """Return the warnings of preprocessing that a slab lacks its slices: each abstains."""
    return tuple(warning for warning in warnings if warning.code == "slab_incomplete")


def out_of_distribution(distance: float, limit: float) -> tuple[Notice, ...]:
    """Return the reason when the network's features are unlike those of the training cases."""
    if distance <= limit:
        return ()
    values = {"distance": f"{distance:.2f}", "limit": f"{limit:.2f}"}
    return (Notice("case_out_of_distribution", values),)


def contradictions(
    study: Study, measured: StudyMeasurements, record: ClinicalRecord
) -> tuple[Notice, ...]:
    """Return what does not fit between images and form; none of it abstains.

    Values of the header are never repeated: they may identify the patient.
    """
    header, values = study.volume.header, record.values
    sex = {"M": "male", "F": "female"}.get((header.patient_sex or "").strip().upper())
    age, form_age = header.patient_age_years, values["age_years"]
    found = {
        "patient_id_differs": _differ(header.patient_id, record.patient_id),
        "sex_differs": sex is not None and values["sex"] not in (None, sex),
        "age_differs": age is not None
        and isinstance(form_age, float)
        and abs(age - form_age) > MAX_AGE_DIFFERENCE_YEARS,
    }
    notices = tuple(Notice(code) for code, holds in found.items() if holds)
    return notices + _diameter_differs(measured, values["max_diameter_cm"])


def header_warnings(study: Study) -> tuple[Notice, ...]:
    """Return what a DICOM header leaves open about contrast."""
    if study.volume.source_format != "dicom" or study.volume.header.contrast_agent:
        return ()
    return (Notice("contrast_not_stated"),)


def _outside_ranges(
    judged: Iterable[tuple[str, float]], trained_ranges: Mapping[str, Range]
) -> Iterable[Notice]:
    for name, found in judged:
        if name in trained_ranges:
            low, high = widened(name, trained_ranges[name])
            if not low <= found <= high:
                values = {"value": f"{found:.4g}", "low": f"{low:.4g}", "high": f"{high:.4g}"}
                yield Notice(f"{name}_outside_training", values)


def _judged(
    measured: StudyMeasurements, statistics: InputStatistics | None, slab_mm: float
) -> Iterable[tuple[str, float]]:
    """Yield the property and the value by which it is judged; both pixel spacings count."""
    yield "slice_spacing_mm", max(measured.spacing_mm[0], slab_mm)
    for pixel_spacing in dict.fromkeys(measured.spacing_mm[1:]):
        yield "pixel_spacing_mm", pixel_spacing
    yield "mask_area_mm2", measured.mask_area_mm2
    yield "mean_hu", measured.mean_hu
    if statistics is not None:
        yield from asdict(statistics).items()


def widened(name: str, trained: Range) -> Range:
    """Return a trained range with the tolerance within which a study still passes."""
    low, high = trained
    if name in INTENSITY_TOLERANCE_HU:
        tolerance = INTENSITY_TOLERANCE_HU[name]
        return low - tolerance, high + tolerance
    if name in RELATIVE_TOLERANCE:
        share = RELATIVE_TOLERANCE[name]
        return low * (1 - share), high * (1 + share)
    return low / SPREAD_FACTOR, high * SPREAD_FACTOR


def image_reasons(clues: ImageClues) -> tuple[Notice, ...]:
    """Return why the pixels are not those of a portal venous CT with the outline on tissue.

    Where the values are no Hounsfield units nothing else is said of them.
    """
    if clues.fat_cm2 < SMALLEST_FAT_CM2 or clues.soft_tissue_cm2 < SMALLEST_SOFT_TISSUE_CM2:
        return (Notice("image_not_like_ct"),)
    found = {
        "no_contrast_in_image": clues.enhanced_cm2
        < SMALLEST_ENHANCED_SHARE * clues.soft_tissue_cm2,
        "image_looks_arterial": clues.arterial_cm2 > LARGEST_ARTERIAL_CM2,
        "outline_off_soft_tissue": clues.outline_soft_share < SMALLEST_SOFT_SHARE,
    }
    return tuple(Notice(code) for code, holds in found.items() if holds)


def _at_edge(measured: StudyMeasurements) -> tuple[Notice, ...]:
    if 0 < measured.key_slice_index < measured.size[0] - 1:
        return ()
    return (Notice("tumor_at_edge_of_volume"),)


def _header_reasons(header: SeriesHeader) -> Iterable[Notice]:
    body_part = (header.body_part or "").strip().upper()
    if body_part and not _ABDOMEN.search(body_part):
        yield Notice("body_part_not_abdomen")
    description = (header.series_description or "").upper()
    if _OTHER_PHASE.search(description) and not _PORTAL_PHASE.search(description):
        yield Notice("phase_not_portal_venous")
    age = header.patient_age_years
    if age is not None and age < ADULT_YEARS:
        yield Notice("patient_not_adult")


def _differ(one: str | None, other: str | None) -> bool:
    if not one or not other:
        return False
    return one.strip().casefold() != other.strip().casefold()


def _diameter_differs(
    measured: StudyMeasurements, max_diameter_cm: float | str | None
) -> tuple[Notice, ...]:
    measured_cm = measured.feret_diameter_mm / 10
    if not isinstance(max_diameter_cm, float):
        return ()
    if abs(measured_cm - max_diameter_cm) <= MAX_DIAMETER_DISAGREEMENT * max_diameter_cm:
        return ()
    values = {"form_cm": f"{max_diameter_cm:g}", "measured_cm": f"{measured_cm:.1f}"}
    return (Notice("diameter_differs", values),)
