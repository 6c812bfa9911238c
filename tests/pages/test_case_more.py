"""Label set, similar patients and reader's form on the case page; what refuses shows no number."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest

from dlcs_core.bundle.extras import Extras
from dlcs_core.bundle.writer import write_bundle
from dlcs_core.clinical.variables import VARIABLES
from dlcs_core.models.conformal import ConformalModel, ConformalScore, LabelThresholds
from dlcs_core.models.proportion import proportion
from dlcs_core.models.similar_cases import PATIENT_COLUMNS, SimilarCases

ASSETS = Path(__file__).resolve().parents[2] / "assets"
N = 40
NUMBER = re.compile(r"\d\s*%|of 100|每 100|在 100|AUC|respond well|反应良好，")
COVERAGE = proportion(117, 130)


def everything(app, shown):
    """What the page says and what its figures and components were sent."""
    figures = [chart.proto.spec for chart in app.get("plotly_chart")]
    pages = [element.proto.body for element in app.get("html")]
    components = [one.proto.bytes + one.proto.json.encode() for one in app.get("bidi_component")]
    tables = [str(table.value.to_dict()) for table in app.table]
    sent = [content.decode("latin-1") for content in components]
    return [shown(app), *figures, *pages, *tables, *sent]


def assert_no_number(app, shown):
    assert not app.exception
    texts = everything(app, shown)
    assert not NUMBER.search(texts[0])
    # Probabilities and curves only a nomogram, a survival curve or icons would hold.
    for text in texts[1:]:
        assert "probability" not in text
        assert "respond" not in text
    assert len(app.get("plotly_chart")) in (0, 3)


def conformal(good_from, poor_to):
    score = ConformalScore(
        LabelThresholds(good_from, poor_to, 40, 120),
        {"good": COVERAGE, "poor": COVERAGE},
        {"good": proportion(30, 43), "poor": proportion(57, 61)},
        "internal_validation (served)",
    )
    return ConformalModel(0.1, {"dlcs": score, "dl_signature": score})


def training_patients(reference, *, shown):
    rng = np.random.default_rng(0)
    columns = {name: [1.0] * N for name in PATIENT_COLUMNS}
    columns |= {v.name: [v.levels[0]] * N for v in VARIABLES if v.levels}
    return SimilarCases(
        coordinates=rng.normal(size=(N, min(8, reference.directions.shape[1]))),
        fold=np.arange(N) % len(reference.mean),
        log_odds=rng.normal(size=N),
        dl_signature=rng.random(N),
        good_response=rng.random(N) < 0.5,
        dlcs=np.zeros(N),
        patients=columns if shown else None,
    )


@pytest.fixture
def assess(app, monkeypatch, tmp_path, bundle_contents):
    """Assesses the phantom by a bundle with the given extras."""

    def run(**extras):
        bundle = tmp_path / "bundle"
        if not bundle.exists():
            write_bundle(bundle, replace(bundle_contents, extras=Extras(**extras)))
        monkeypatch.setenv("DLCS_BUNDLE", str(bundle))
        app.run()
        app.selectbox(key="demo_case").select("phantom").run()
        return app.button(key="assess").click().run()

    return run


@pytest.mark.parametrize(
    ("limits", "said", "unsaid"),
    [
        ((0.0, 0.0), "Only a good response fits.** Of 43 patients with this answer, 30", "NPV"),
        ((1.0, 1.0), "Only a poor response fits.** Of 61 patients with this answer, 57", "PPV"),
        ((0.0, 1.0), "Cannot tell", "PPV"),
        ((1.0, 0.0), "Unlike both", "PPV"),
    ],
)
def test_a_label_set_is_worded_with_its_predictive_value(assess, shown, limits, said, unsaid):
    text = shown(assess(conformal=conformal(*limits)))
    assert said in text
    assert unsaid not in text
    assert "computer phantoms (Internal validation)" in text
    assert "90" not in text.partition(said)[2].partition("Counted among")[0]


def test_the_value_of_a_set_has_its_exact_interval(assess, shown):
    # Clopper-Pearson limits of 30 of 43, from R's binom.test.
    text = shown(assess(conformal=conformal(0.0, 0.0)))
    assert "PPV 70%, 95% interval 54% to 83%" in text


def test_without_label_sets_and_patients_nothing_is_said(assess, shown):
    text = shown(assess())
    assert "response fits" not in text
    assert "nearest in what the network sees" not in text


def test_similar_phantoms_have_slices_that_say_their_numbers(assess, shown, bundle_contents):
    slices = np.arange(N, dtype=np.uint8)[:, None, None] * np.ones((1, 56, 56), np.uint8)
    similar = training_patients(bundle_contents.reference, shown=True)
    app = assess(similar=similar, slices=slices)
    images = [e.proto.body for e in app.get("html") if "<img" in e.proto.body]
    assert len(images) == 5
    assert all("data:image/png" in image for image in images)
    assert all("Model said &lt;1 of 100" in image for image in images)
    text = shown(app)
    assert "Synthetic: these are computer phantoms" in text
    right = sum("model was right" in image for image in images)
    assert f"On these 5 the model was right {right} times" in text


def test_patients_who_must_not_be_shown_are_told_of_by_twenties(assess, shown, bundle_contents):
    app = assess(similar=training_patients(bundle_contents.reference, shown=False))
    assert not [e for e in app.get("html") if "<img" in e.proto.body]
    assert "Of the 20 nearest" in shown(app)
    assert "On these" not in shown(app)


def test_a_stent_greys_the_result_out_and_then_abstains(assess, shown, bundle_contents):
    similar = training_patients(bundle_contents.reference, shown=True)
    app = assess(conformal=conformal(0.0, 0.0), similar=similar)
    assert "Of 100 patients" in shown(app)
    app.selectbox(key="demo_phantom_reader_stent").select("yes").run()
    assert "inputs have changed" in shown(app)
    app.button(key="assess").click().run()
    assert "The reader states a stent" in shown(app)
    assert "What helps" in shown(app)
    assert_no_number(app, shown)
    app.get_by_key("lang").set_value("zh").run()
    assert "阅片者说明有支架" in shown(app)
    assert_no_number(app, shown)


def test_recorded_findings_change_no_number_and_long_waiting_warns(assess, shown):
    app = assess()
    statement = re.search(r"Of 100 patients like this.*", shown(app))[0]
    app.selectbox(key="demo_phantom_reader_lauren").select("diffuse").run()
    app.number_input(key="demo_phantom_reader_days").set_value(12).run()
    app.button(key="assess").click().run()
    assert "inputs have changed" not in shown(app)
    assert statement in shown(app)
    assert "12 days lie between CT and chemotherapy" in shown(app)


@pytest.fixture
def demo_ranges(tmp_path, bundle_contents):
    """A bundle without knowledge that judges studies as the shipped one does."""
    shipped = json.loads((ASSETS / "demo_bundle" / "manifest.json").read_text())["trained_ranges"]
    ranges = {"mask_area_mm2": tuple(shipped["mask_area_mm2"])}
    manifest = replace(bundle_contents.manifest, trained_ranges=ranges)
    write_bundle(tmp_path / "judging", replace(bundle_contents, manifest=manifest))
    return tmp_path / "judging"


@pytest.fixture
def tiny_outline(data_directory):
    """Ten pixels on the phantom's key slice and on both its neighbours."""
    (path,) = (data_directory / "demo_cases" / "phantom").glob("mask*")
    mask = nibabel.load(path)
    labels = np.asarray(mask.dataobj) > 0
    key = int(labels.sum(axis=(0, 1)).argmax())
    tiny = np.zeros(labels.shape, np.uint8)
    first, second = (int(np.median(axis)) for axis in np.nonzero(labels[:, :, key]))
    tiny[first : first + 5, second : second + 2, key - 1 : key + 2] = 1
    return nibabel.Nifti1Image(tiny, mask.affine, dtype=np.uint8).to_bytes()


def test_an_outline_of_ten_pixels_has_no_probability(
    app, shown, monkeypatch, data_directory, demo_ranges, tiny_outline
):
    monkeypatch.setenv("DLCS_BUNDLE", str(demo_ranges))
    (image,) = (data_directory / "demo_cases" / "phantom").glob("image*")
    app.run()
    app.get_by_key("case_source").set_value("upload").run()
    app.file_uploader(key="upload_files").upload(image.name, image.read_bytes())
    app.file_uploader(key="upload_mask").upload("mask.nii", tiny_outline)
    app.run()
    app.button(key="assess").click().run()
    assert "The outline has" in shown(app)
    assert "check the outline" in shown(app)
    assert_no_number(app, shown)


@pytest.fixture
def child_case(data_directory, tmp_path, monkeypatch):
    """A data folder whose one case is a series of a patient of twelve by its header."""
    root = tmp_path / "child_data"
    case = root / "demo_cases" / "child"
    shutil.copytree(ASSETS / "demo_cases" / "good_responder", case)
    shutil.copy(data_directory / "demo_cohort.csv", root / "demo_cohort.csv")
    (case / "case.json").unlink()
    for path in sorted((case / "image").iterdir()):
        dataset = pydicom.dcmread(path)
        dataset.PatientAge = "012Y"
        dataset.save_as(path)
    monkeypatch.setenv("DLCS_DATA_DIR", str(root))
    return "child"


def test_a_child_by_the_header_has_no_probability(app, shown, child_case):
    app.run()
    app.selectbox(key="demo_case").select(child_case).run()
    app.button(key="assess").click().run()
    assert "below 18" in shown(app) or "adult" in shown(app)
    assert "No probability is given" in shown(app)
    assert_no_number(app, shown)


def test_a_child_by_the_form_has_no_probability_not_even_an_earlier_one(assess, shown):
    app = assess()
    assert "Of 100 patients" in shown(app)
    app.number_input(key="demo_phantom_age_years").set_value(12).run()
    assert len(app.error) == 1
    assert app.button(key="assess").disabled
    assert_no_number(app, shown)
    app.number_input(key="demo_phantom_age_years").set_value(62).run()
    assert "Of 100 patients" in shown(app)
