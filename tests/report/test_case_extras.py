"""What label sets, intervals and similar patients add to a case and its JSON."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dlcs_core.bundle.extras import Extras
from dlcs_core.clinical.variables import VARIABLES
from dlcs_core.models.conformal import ConformalModel, ConformalScore, LabelThresholds
from dlcs_core.models.interval import METHOD, IntervalModel, ScoreInterval
from dlcs_core.models.proportion import proportion
from dlcs_core.models.similar_cases import PATIENT_COLUMNS, SimilarCases
from dlcs_core.report.case import assess_case
from dlcs_core.report.case_extras import SHOW_SLICES
from dlcs_core.report.case_json import case_json

N = 40
PPV, NPV = proportion(30, 40), proportion(57, 60)


def conformal(good_from, poor_to):
    score = ConformalScore(
        LabelThresholds(good_from, poor_to, 40, 120),
        {"good": proportion(36, 40), "poor": proportion(110, 120)},
        {"good": PPV, "poor": NPV},
        "internal_validation (served)",
    )
    return ConformalModel(0.1, {"dlcs": score, "dl_signature": score})


def training_patients(bundle, *, shown=True):
    rng = np.random.default_rng(0)
    kept = min(8, bundle.reference.directions.shape[1])
    columns = {name: [1.0] * N for name in PATIENT_COLUMNS}
    columns |= {v.name: [v.levels[0]] * N for v in VARIABLES if v.levels}
    return SimilarCases(
        coordinates=rng.normal(size=(N, kept)),
        fold=np.arange(N) % len(bundle.reference.mean),
        log_odds=rng.normal(size=N),
        dl_signature=rng.random(N),
        good_response=rng.random(N) < 0.5,
        dlcs=rng.random(N),
        patients=columns if shown else None,
    )


@pytest.fixture
def with_extras(bundle):
    return lambda **parts: replace(bundle, extras=Extras(**parts))


@pytest.mark.parametrize(
    ("limits", "labels", "ppv", "npv"),
    [
        ((0.0, 0.0), ["good"], PPV, None),
        ((1.0, 1.0), ["poor"], None, NPV),
        ((0.0, 1.0), ["good", "poor"], None, None),
        ((1.0, 0.0), [], None, None),
    ],
)
def test_each_label_set_has_its_own_predictive_value(
    study, record, with_extras, limits, labels, ppv, npv
):
    bundle = with_extras(conformal=conformal(*limits))
    found = case_json(assess_case(study, record, bundle))["conformal"]
    assert (found["score"], found["label_set"], found["error_rate"]) == ("dlcs", labels, 0.1)
    assert found["ppv"] == (ppv and ppv.to_dict())
    assert found["npv"] == (npv and npv.to_dict())
    assert found["coverage"]["good"]["estimate"] == 0.9


def test_the_image_alone_decides_where_the_dlcs_is_unknown(study, record_with, with_extras):
    bundle = with_extras(conformal=conformal(0.0, 1.0))
    report = assess_case(study, record_with(max_diameter_cm=None), bundle)
    assert report.dlcs.probability is None
    assert report.label_set.score == "dl_signature"


def test_abstaining_leaves_no_label_no_interval_and_no_neighbour(make, record, bundle):
    extras = Extras(
        conformal=conformal(0.0, 0.0), interval=intervals(), similar=training_patients(bundle)
    )
    report = assess_case(make(center=0.0), record, replace(bundle, extras=extras))
    content = case_json(report)
    assert content["abstained"] is True
    assert set(content["conformal"].values()) == {None}
    assert content["similar_cases"] == []
    assert content["dl_signature"]["ci95"] is None
    assert content["dlcs"]["ci95"] is None


def intervals(*scores):
    fitted = ScoreInterval(0.1, 1.1, 0.5, 2.0, 1.9, proportion(95, 100))
    return IntervalModel(METHOD, "phantoms", dict.fromkeys(scores or ("dl_signature",), fitted))


def test_only_a_probability_with_measured_coverage_has_an_interval(study, record, with_extras):
    bundle = with_extras(interval=intervals("dl_signature"))
    manifest = replace(bundle.manifest, interval_method=METHOD, interval_coverage=0.95)
    report = assess_case(study, record, replace(bundle, manifest=manifest))
    content = case_json(report)
    low, high = content["dl_signature"]["ci95"]
    assert low <= content["dl_signature"]["probability"] <= high
    assert content["dl_signature"]["interval_method"] == METHOD
    assert content["dl_signature"]["interval_coverage"] == 0.95
    assert content["dlcs"]["ci95"] is None


def test_phantoms_are_shown_one_by_one_with_slices_and_as_a_group(study, record, bundle):
    slices = np.arange(N, dtype=np.uint8)[:, None, None] * np.ones((1, 4, 4), np.uint8)
    extras = Extras(similar=training_patients(bundle), slices=slices)
    report = assess_case(study, record, replace(bundle, extras=extras))
    entries = case_json(report)["similar_cases"]
    json.dumps(entries, allow_nan=False)
    assert [e["kind"] for e in entries] == ["patient"] * 5 + ["group"]
    assert all(e["synthetic"] for e in entries[:5])
    for case, shown in zip(report.similar.cases, report.similar.slices, strict=True):
        assert (shown == case.index).all()
    assert entries[-1]["n"] >= 10


@pytest.mark.parametrize("switched_on", [False, True])
def test_slices_of_patients_need_the_institutions_switch(
    study, record, bundle_with, monkeypatch, switched_on
):
    bundle = bundle_with(synthetic_training_data=False)
    extras = Extras(similar=training_patients(bundle), slices=np.zeros((N, 4, 4), np.uint8))
    monkeypatch.setenv(SHOW_SLICES, "1" if switched_on else "")
    report = assess_case(study, record, replace(bundle, extras=extras))
    assert bool(report.similar.slices) is switched_on


def test_patients_who_must_not_be_shown_are_a_group_only(study, record, bundle):
    extras = Extras(similar=training_patients(bundle, shown=False))
    report = assess_case(study, record, replace(bundle, extras=extras))
    entries = case_json(report)["similar_cases"]
    assert [e["kind"] for e in entries] == ["group"]
    assert not set(PATIENT_COLUMNS) & set(entries[0])
