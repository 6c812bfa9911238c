"""The left side of the case review: which study, what was understood of it, which form."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dlcs_core.clinical.record import ClinicalRecord, parse_record, read_record
from dlcs_core.errors import DlcsError, Notice
from dlcs_core.imaging.study import SeriesHeader
from dlcs_core.preprocessing.measurements import StudyMeasurements, measure
from dlcs_core.ui.controls import Value, clinical_form
from dlcs_core.ui.demo_cases import DemoCase, demo_cases
from dlcs_core.ui.messages import show_notices, show_refusal
from dlcs_core.ui.opened_study import OpenedStudy, open_demo_case, open_upload, uploaded_form
from dlcs_core.ui.words import language, plain, say


@dataclass(frozen=True, eq=False)
class CaseInput:
    """A study and what is known of its patient before the form is edited.

    Attributes
    ----------
    opened : OpenedStudy
        The study.
    prefilled : mapping
        Clinical values from the case's form or the DICOM header.
    patient_id : str or None
        From the form, for comparison with the images only; never shown.
    key : str
        Names the case; widget keys begin with it.
    demo : DemoCase or None
        The shipped phantom, where it is one.
    """

    opened: OpenedStudy
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
    opened = open_demo_case(case)
    return CaseInput(opened, record.values, record.patient_id, f"demo_{case.name}", case)


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
    region = st.text_input(say("ui_region"), key="upload_region", help=say("ui_region_help"))
    form = st.file_uploader(say("ui_upload_form"), type="json", key="upload_form")
    images = [*folder, *files]
    if not images or not masks:
        if images or masks:
            st.info(say("ui_outline_missing" if images else "ui_series_missing"))
        return None
    with st.spinner(say("ui_reading")):
        opened = open_upload(images, masks, region.strip() or None)
    return _with_form(opened, form)


def _with_form(opened: OpenedStudy, form: UploadedFile | None) -> CaseInput:
    """Add the values of the uploaded form, or what the DICOM header knows of them."""
    if form is None:
        values = header_values(opened.study.volume.header)
        return CaseInput(opened, values, None, f"upload_{opened.sha256[:16]}")
    record = uploaded_form(form)
    key = f"upload_{opened.sha256[:16]}_{form.file_id}"
    return CaseInput(opened, record.values, record.patient_id, key)


def header_values(header: SeriesHeader) -> dict[str, Value]:
    """Return age and sex where a DICOM header has them."""
    sex = {"M": "male", "F": "female"}.get((header.patient_sex or "").strip().upper())
    return {"age_years": header.patient_age_years, "sex": sex}


def show_study(opened: OpenedStudy) -> StudyMeasurements:
    """Draw what was understood of the study."""
    study = opened.study
    measured = measure(study)
    slices, rows, columns = measured.size
    slice_mm, row_mm, column_mm = measured.spacing_mm
    facts = {
        "ui_format": f"{study.volume.source_format.upper()} · {study.mask_format.upper()}",
        "ui_series": plain(study.volume.header.series_description or "–"),
        "ui_size": f"{slices} × {rows} × {columns}",
        "ui_spacing": f"{slice_mm:.2f} × {row_mm:.2f} × {column_mm:.2f} mm",
        "ui_key_slice": say("ui_key_slice_value", number=measured.key_slice_index + 1, count=slices,
                            position=f"{measured.key_slice_position_mm:.1f}"),
        "ui_tumor": f"{measured.mask_area_mm2:.0f} mm² · {measured.feret_diameter_mm:.0f} mm · "
                    f"{measured.mean_hu:.0f} HU",
    }  # fmt: skip
    with st.container(key="study_facts"):
        shown = [{"": say(code), " ": value} for code, value in facts.items()]
        st.table(shown, border="horizontal", hide_header=True)
    show_notices(study.warnings)
    return measured


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
