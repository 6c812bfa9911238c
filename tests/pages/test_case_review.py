"""Case review: from a study and a form to a result that belongs to them and to nothing else."""

import json
import struct
import tempfile
from dataclasses import replace

import nibabel
import numpy as np
import pytest

from dlcs_core.bundle.writer import write_bundle
from dlcs_core.errors import PreprocessingError
from dlcs_core.imaging.reading import read_study
from dlcs_core.ui import case_input

REFERENCE = (
    "among patients who went on to complete at least two cycles of "
    "5-fluorouracil-based chemotherapy and an R0 gastrectomy"
)
OVERPRINT = "Learnt from computer phantoms, not about this patient"


@pytest.fixture
def chosen(app):
    """The page with the phantom chosen."""
    app.run()
    return app.selectbox(key="demo_case").select("phantom").run()


@pytest.fixture
def assessed(chosen):
    """The page with the phantom assessed."""
    return chosen.button(key="assess").click().run()


def test_the_empty_page_says_what_to_do_and_offers_no_result(app, shown):
    app.run()
    assert not app.exception
    assert "Choose a demo case" in shown(app)
    assert "Research use only" in shown(app)
    assert not [button for button in app.button if button.key == "assess"]


def test_the_study_is_described_and_the_form_prefilled_before_anything_is_assessed(
    chosen, data_directory
):
    assert not chosen.exception
    form = json.loads((data_directory / "demo_cases/phantom/clinical.json").read_text())
    assert chosen.number_input(key="demo_phantom_age_years").value == form["age_years"]
    assert chosen.selectbox(key="demo_phantom_ct_stage").value == form["ct_stage"]
    assert "mm² ·" in str(chosen.table[0].value)
    assert viewer_of(chosen)["input"]["slices"]


def test_the_result_speaks_in_natural_frequencies_of_a_named_reference_class(assessed, shown):
    assert not assessed.exception
    said = shown(assessed)
    assert "Of 100 patients like this" in said
    assert REFERENCE in said
    assert "Model disagreement" in said
    assert "not a confidence interval" in said


def test_words_and_icons_say_the_same_number(assessed, shown):
    icons = next(
        json.loads(chart.proto.spec)
        for chart in assessed.get("plotly_chart")
        if "respond well" in chart.proto.spec
    )
    good = int(icons["data"][0]["name"].split()[0])
    assert f"**{good} respond well**, **{100 - good} do not**" in shown(assessed)


def test_a_demo_case_is_called_a_phantom_and_not_overprinted(assessed, shown):
    assert "Synthetic phantom" in shown(assessed)
    assert OVERPRINT not in shown(assessed)


def test_a_changed_form_greys_the_result_out_until_it_is_assessed_again(assessed, shown):
    assessed.number_input(key="demo_phantom_max_diameter_cm").set_value(7.5).run()
    assert "inputs have changed" in shown(assessed)
    assert not [b for b in assessed.get("download_button") if b.key == "download_report"]
    assessed.button(key="assess").click().run()
    assert "inputs have changed" not in shown(assessed)
    assert "2 different sets of inputs" in shown(assessed)


def test_a_value_beyond_its_limits_is_refused_with_the_likely_unit(chosen, shown):
    chosen.number_input(key="demo_phantom_max_diameter_cm").set_value(45).run()
    assert len(chosen.error) == 1
    assert "entered in mm" in chosen.error[0].value
    assert chosen.button(key="assess").disabled


def test_a_case_that_cannot_be_read_is_one_sentence(app):
    app.run()
    app.selectbox(key="demo_case").select("text_instead_of_image").run()
    assert not app.exception
    assert len(app.error) == 1


def test_another_language_words_everything_again(assessed, shown):
    assessed.get_by_key("lang").set_value("zh").run()
    assert not assessed.exception
    assert "名反应良好" in shown(assessed)
    assert "仅供科研使用" in shown(assessed)


def upload(app, data_directory):
    """Give the phantom as somebody's own study."""
    folder = data_directory / "demo_cases" / "phantom"
    app.run()
    app.get_by_key("case_source").set_value("upload").run()
    for key, kind in (("upload_files", "image"), ("upload_mask", "mask")):
        (path,) = folder.glob(f"{kind}*")
        app.file_uploader(key=key).upload(path.name, path.read_bytes())
    return app.run()


def test_an_uploaded_study_is_overprinted_by_a_model_of_phantoms(app, shown, data_directory):
    upload(app, data_directory)
    assert not app.exception
    app.button(key="assess").click().run()
    assert not app.exception
    assert OVERPRINT in shown(app)


def upload_image(app, data_directory):
    """Give the phantom's image and nothing else."""
    app.run()
    app.get_by_key("case_source").set_value("upload").run()
    (image,) = (data_directory / "demo_cases" / "phantom").glob("image*")
    app.file_uploader(key="upload_files").upload(image.name, image.read_bytes())
    return app.run()


def viewer_of(app):
    """What the viewer was sent: its header."""
    (component,) = [
        one for one in app.get("bidi_component") if "ct_viewer" in one.proto.component_name
    ]
    content = component.proto.bytes
    (length,) = struct.unpack("<I", content[:4])
    return json.loads(content[4 : 4 + length])


def test_an_image_without_outline_leads_into_the_editor(app, shown, data_directory):
    upload_image(app, data_directory)
    assert not app.exception
    assert "No outline: draw one" in shown(app)
    assert app.button(key="assess").disabled
    header = viewer_of(app)
    assert header["outline"]["slices"] == {}
    assert header["imported"] is None


def test_the_imported_outline_is_shown_in_the_viewer(chosen, data_directory):
    header = viewer_of(chosen)
    folder = data_directory / "demo_cases" / "phantom"
    study = read_study(*(next(folder.glob(f"{kind}*")) for kind in ("image", "mask")))
    counts = study.mask.pixel_counts()
    sent = {int(k): shape["count"] for k, shape in header["outline"]["slices"].items()}
    assert sent == {int(k): int(counts[k]) for k in np.flatnonzero(counts)}
    assert header["imported"] == header["outline"]["slices"]
    assert header["study"]["size"] == list(study.volume.grid.size)


@pytest.fixture
def two_regions(data_directory):
    """The phantom's label map with a second label beside the tumour's."""
    (path,) = (data_directory / "demo_cases" / "phantom").glob("mask*")
    mask = nibabel.load(path)
    labels = np.asarray(mask.dataobj).astype(np.uint8)
    labels[:3, :3] = 2
    return nibabel.Nifti1Image(labels, mask.affine, dtype=np.uint8).to_bytes()


def test_of_several_regions_one_is_chosen_from_a_list(app, shown, data_directory, two_regions):
    upload_image(app, data_directory)
    app.file_uploader(key="upload_mask").upload("mask.nii", two_regions)
    app.run()
    assert not app.exception
    assert not app.error
    choice = app.selectbox(key="upload_region")
    assert choice.options == ["1", "2"]
    choice.select(1).run()
    assert not app.error
    assert not app.button(key="assess").disabled


def test_without_clinical_values_the_image_alone_speaks(app, shown, data_directory):
    upload(app, data_directory)
    app.button(key="assess").click().run()
    assert "the CT image alone, since clinical values" in shown(app)


def test_an_uploaded_form_fills_the_fields(app, data_directory):
    form = data_directory / "demo_cases" / "phantom" / "clinical.json"
    upload(app, data_directory)
    app.file_uploader(key="upload_form").upload("form.json", form.read_bytes())
    app.run()
    assert not app.exception
    ages = [field.value for field in app.number_input if field.key.endswith("age_years")]
    assert ages == [json.loads(form.read_text())["age_years"]]


def test_an_upload_leaves_nothing_in_the_temporary_folder(
    app, data_directory, monkeypatch, tmp_path
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    upload(app, data_directory)
    assert not app.error
    assert not list(tmp_path.glob("dlcs-*"))


def test_a_broken_upload_is_one_sentence_and_leaves_no_result(app):
    app.run()
    app.get_by_key("case_source").set_value("upload").run()
    app.file_uploader(key="upload_files").upload("scan.dcm", b"hello")
    app.file_uploader(key="upload_mask").upload("mask.nii", b"hello")
    app.run()
    assert not app.exception
    assert len(app.error) == 1
    assert not [button for button in app.button if button.key == "assess"]


def test_without_a_bundle_the_page_says_so(app, monkeypatch, tmp_path):
    monkeypatch.setenv("DLCS_BUNDLE", str(tmp_path / "nowhere"))
    app.run()
    assert not app.exception
    assert len(app.error) == 1


def test_a_slice_missing_beside_the_tumour_is_refused_and_can_still_be_looked_at(
    app, monkeypatch, data_directory
):
    def refusing(study):
        raise PreprocessingError("gap_near_tumor", slice=1, key=2)

    monkeypatch.setattr(case_input, "measure", refusing)
    upload(app, data_directory)
    assert not app.exception
    assert len(app.error) == 1
    assert app.button(key="assess").disabled
    assert viewer_of(app)["outline"]["slices"]


@pytest.fixture
def narrow_bundle(tmp_path, bundle_contents):
    """A model that was made for tumours of 1 to 2 square millimetres."""
    ranges = {"mask_area_mm2": (1.0, 2.0)}
    manifest = replace(bundle_contents.manifest, trained_ranges=ranges)
    write_bundle(tmp_path / "narrow", replace(bundle_contents, manifest=manifest))
    return tmp_path / "narrow"


def test_abstained_the_page_gives_reasons_and_no_probability(
    app, shown, monkeypatch, narrow_bundle
):
    monkeypatch.setenv("DLCS_BUNDLE", str(narrow_bundle))
    app.run()
    app.selectbox(key="demo_case").select("phantom").run()
    app.button(key="assess").click().run()
    assert not app.exception
    said = shown(app)
    assert "No probability is given" in said
    assert "mm2" in said or "mm²" in said
    assert "of 100" not in said.lower()
    assert "%" not in said
    assert len(app.get("plotly_chart")) == 3
