"""The left side of the case review: which study, what was understood of it, which form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dlcs_core.clinical.record import ClinicalRecord, parse_record, read_record
from dlcs_core.errors import DlcsError, Notice
from dlcs_core.imaging.regions import Region, printable
from dlcs_core.imaging.series import SeriesCandidate
from dlcs_core.imaging.study import SeriesHeader, Volume
from dlcs_core.preprocessing.measurements import StudyMeasurements, measure
from dlcs_core.ui.controls import Value, clinical_form
from dlcs_core.ui.demo_cases import DemoCase, demo_cases
from dlcs_core.ui.messages import show_notices, show_refusal
from dlcs_core.ui.opened_study import (
    OpenedImage,
    OpenedStudy,
    open_demo_image,
    open_upload,
    uploaded_form,
    uploaded_regions,
    uploaded_series,
)
from dlcs_core.ui.outline_state import current_study
from dlcs_core.ui.words import language, plain, say


@dataclass(frozen=True, eq=False)
class CaseInput:
    """A study and what is known of its patient before the form is edited.

    Attributes
    ----------
    image : OpenedImage
        The CT volume.
    opened : OpenedStudy or None
        The volume with the outline that holds now; None while there is none.
    prefilled : mapping
        Clinical values from the case's form or the DICOM header.
    patient_id : str or None
        From the form, for comparison with the images only; never shown.
    key : str
        Names the case; widget keys begin with it.
    demo : DemoCase or None
        The shipped phantom, where it is one.
    """

    image: OpenedImage
    opened: OpenedStudy | None
    prefilled: Mapping[str, Value]
    patient_id: str | None
    key: str
    demo: DemoCase | None = None


def choose_case() -> CaseInput | None:
    """Draw the choice between the demo cases and an upload; return the study once there is one."""
    source = st.segmented_control(
        say("ui_source"), ["demo", "upload"], default="demo", key="case_source", required=True,
        format_func=lambda name: say(f"ui_source_{name}"), label_visibility="collapsed",
        persist_state="session",
    )  # fmt: skip
    try:
        return _choose_demo() if source == "demo" else _choose_upload()
    except DlcsError as refusal:
        show_refusal(refusal)
        return None


def _choose_demo() -> CaseInput | None:
    cases = {case.name: case for case in demo_cases()}
    if not cases:
        st.info(say("ui_no_demo_cases"))
        return None
    name = st.selectbox(
        say("ui_demo_case"), list(cases), format_func=lambda n: cases[n].title, index=None,
        placeholder=say("ui_choose"), key="demo_case", persist_state="session",
    )  # fmt: skip
    if name is None:
        return None
    if cases[name].note_code:
        st.caption(say(cases[name].note_code))
    return open_case(cases[name])


def open_case(case: DemoCase) -> CaseInput:
    """Open a demo case with its form.

    Raises
    ------
    DlcsError
        If it is a case that should be refused.
    """
    record, _ = read_record(case.clinical)
    image = open_demo_image(case)
    opened = current_study(image)
    return CaseInput(image, opened, record.values, record.patient_id, f"demo_{case.name}", case)


def _choose_upload() -> CaseInput | None:
    with st.container(key=f"uploads_{language()}"):
        return _upload()


def _upload() -> CaseInput | None:
    st.caption(say("ui_upload_hint"))
    folder = st.file_uploader(
        say("ui_upload_folder"), accept_multiple_files="directory", key="upload_folder"
    )
    files = st.file_uploader(say("ui_upload_files"), accept_multiple_files=True, key="upload_files")
    masks = st.file_uploader(say("ui_upload_mask"), accept_multiple_files=True, key="upload_mask")
    part = st.container()
    form = st.file_uploader(say("ui_upload_form"), type="json", key="upload_form")
    images = [*folder, *files]
    if not images:
        if masks:
            st.info(say("ui_series_missing"))
        return None
    with part, st.spinner(say("ui_reading")):
        image = _open_chosen(images, masks)
    return None if image is None else _with_form(image, form)


def _open_chosen(
    images: Sequence[UploadedFile], masks: Sequence[UploadedFile]
) -> OpenedImage | None:
    """Open what was uploaded; None while a region or a series is to be chosen."""
    if masks:
        regions = uploaded_regions(masks)
        region = _choose_region(regions) if len(regions) > 1 else None
        if region is None and len(regions) > 1:
            return None
        return open_upload(images, masks, None if region is None else str(region.number), None)
    candidates = uploaded_series(images)
    series = _choose_series(candidates) if len(candidates) > 1 else None
    if series is None and len(candidates) > 1:
        return None
    return open_upload(images, masks, None, series)


def _choose_region(regions: Sequence[Region]) -> Region | None:
    """Draw the choice between the regions of an outline file, by name."""
    names = {region.number: region.name for region in regions}
    number = st.selectbox(
        say("ui_region"), list(names), index=None, key="upload_region",
        format_func=lambda n: f"{n} · {printable(names[n] or '')}" if names[n] else str(n),
        placeholder=say("ui_choose"), help=say("ui_region_help"),
    )  # fmt: skip
    return next((region for region in regions if region.number == number), None)


def _choose_series(candidates: Sequence[SeriesCandidate]) -> int | None:
    """Draw the choice between the series of a folder; return its place."""
    return st.selectbox(
        say("ui_series_choice"), range(len(candidates)), index=None, key="upload_series",
        format_func=lambda place: _series_label(candidates[place]), placeholder=say("ui_choose"),
    )  # fmt: skip


def _series_label(candidate: SeriesCandidate) -> str:
    number = "" if candidate.series_number is None else f"{candidate.series_number} · "
    spacing_mm = candidate.require_volume().grid.spacing_mm[0]
    description = printable(candidate.description) or "–"
    return f"{number}{description} · {candidate.n_slices} × {spacing_mm:g} mm"


def _with_form(image: OpenedImage, form: UploadedFile | None) -> CaseInput:
    """Add the values of the uploaded form, or what the DICOM header knows of them."""
    opened, key = current_study(image), f"upload_{image.key[:16]}"
    if form is None:
        return CaseInput(image, opened, header_values(image.volume.header), None, key)
    record = uploaded_form(form)
    key = f"{key}_{form.file_id}"
    return CaseInput(image, opened, record.values, record.patient_id, key)


def header_values(header: SeriesHeader) -> dict[str, Value]:
    """Return age and sex where a DICOM header has them."""
    sex = {"M": "male", "F": "female"}.get((header.patient_sex or "").strip().upper())
    return {"age_years": header.patient_age_years, "sex": sex}


def show_study(case: CaseInput) -> bool:
    """Draw what was understood of the study; tell whether it can be assessed."""
    if case.opened is None:
        _show_facts(_volume_facts(case.image.volume, ""))
        st.info(say("ui_draw_outline"), icon=":material/draw:")
        show_notices(case.image.volume.warnings)
        return False
    study = case.opened.study
    try:
        measured = measure(study)
    except DlcsError as refusal:
        _show_facts(_volume_facts(study.volume, study.mask_format))
        show_refusal(refusal)
        return False
    _show_facts(_volume_facts(study.volume, study.mask_format) | _tumor_facts(measured))
    show_notices(study.warnings)
    return True


def _show_facts(facts: Mapping[str, str]) -> None:
    with st.container(key="study_facts"):
        shown = [{"": say(code), " ": value} for code, value in facts.items()]
        st.table(shown, border="horizontal", hide_header=True)


def _volume_facts(volume: Volume, mask_format: str) -> dict[str, str]:
    slices, rows, columns = volume.grid.size
    slice_mm, row_mm, column_mm = volume.grid.spacing_mm
    outline = {"": say("ui_outline_none"), "polygons": say("ui_outline_drawn")}
    return {
        "ui_format": f"{volume.source_format.upper()} · "
                     f"{outline.get(mask_format, mask_format.upper())}",
        "ui_series": plain(volume.header.series_description or "–"),
        "ui_size": f"{slices} × {rows} × {columns}",
        "ui_spacing": f"{slice_mm:.2f} × {row_mm:.2f} × {column_mm:.2f} mm",
    }  # fmt: skip


def _tumor_facts(measured: StudyMeasurements) -> dict[str, str]:
    return {
        "ui_key_slice": say("ui_key_slice_value", number=measured.key_slice_index + 1,
                            count=measured.size[0],
                            position=f"{measured.key_slice_position_mm:.1f}"),
        "ui_tumor": f"{measured.mask_area_mm2:.0f} mm² · {measured.feret_diameter_mm:.0f} mm · "
                    f"{measured.mean_hu:.0f} HU",
    }  # fmt: skip


def fill_form(case: CaseInput) -> tuple[ClinicalRecord, tuple[Notice, ...]] | None:
    """Draw the clinical form; return the record, or None while a value is refused."""
    values = clinical_form(case.prefilled, case.key)
    if case.patient_id is not None:
        values["patient_id"] = case.patient_id
    try:
        record, notices = parse_record(values)
    except DlcsError as refusal:
        show_refusal(refusal)
        return None
    show_notices(notices)
    return record, notices
