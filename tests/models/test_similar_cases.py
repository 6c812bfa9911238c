"""Similar patients: nearest by brute force, groups of ten, and a strict file."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dlcs_core.errors import ModelError
from dlcs_core.models.similar_cases import PATIENT_COLUMNS, SimilarCases

N, FOLDS, DIRECTIONS = 60, 3, 4


@pytest.fixture
def cases():
    rng = np.random.default_rng(0)
    log_odds = rng.normal(-1, 1, N)
    columns = {name: [float(k) for k in range(N)] for name in PATIENT_COLUMNS}
    from dlcs_core.clinical.variables import VARIABLES

    columns |= {v.name: [v.levels[k % len(v.levels)] for k in range(N)]
                for v in VARIABLES if v.levels}  # fmt: skip
    columns["cea"][3] = None
    return SimilarCases(
        coordinates=np.round(rng.normal(size=(N, DIRECTIONS)), 3),
        fold=np.arange(N) % FOLDS,
        log_odds=np.round(log_odds, 4),
        dl_signature=np.round(1 / (1 + np.exp(-log_odds)), 4),
        good_response=rng.random(N) < 0.3,
        dlcs=np.where(np.arange(N) == 5, np.nan, np.round(rng.random(N), 4)),
        patients=columns,
    )


def test_distance_is_that_of_the_definition(cases):
    rng = np.random.default_rng(1)
    place = rng.normal(size=(FOLDS, DIRECTIONS + 2))
    found = cases.distances(place, 0.4)
    for i in range(N):
        own = place[cases.fold[i], :DIRECTIONS]
        look = np.mean((own - cases.coordinates[i]) ** 2)
        score = (0.4 - cases.log_odds[i]) / cases.log_odds.std()
        assert found[i] == pytest.approx(np.sqrt(look + score**2))


def test_a_training_patient_is_his_own_nearest(cases):
    place = np.zeros((FOLDS, DIRECTIONS))
    place[cases.fold[17]] = cases.coordinates[17]
    nearest = cases.nearest(cases.distances(place, cases.log_odds[17]), 0.5)
    assert (nearest[0].index, nearest[0].distance) == (17, 0.0)
    assert [c.distance for c in nearest] == sorted(c.distance for c in nearest)
    assert nearest[0].variables["age_years"] == 17.0


def test_the_group_counts_outcomes_and_right_calls(cases):
    distances = np.arange(N, dtype=float)
    group = cases.group(distances, 0.5)
    probability = np.where(np.isnan(cases.dlcs), cases.dl_signature, cases.dlcs)[:20]
    assert group.n == 20
    assert group.good_response == cases.good_response[:20].sum()
    assert group.model_right == ((probability >= 0.5) == cases.good_response[:20]).sum()
    assert group.mean_probability == pytest.approx(probability.mean())


def test_nine_patients_are_no_group(cases):
    few = replace(
        cases,
        **{name: getattr(cases, name)[:9] for name in
           ("coordinates", "fold", "log_odds", "dl_signature", "good_response", "dlcs")},
    )  # fmt: skip
    assert few.group(np.arange(9.0), 0.5) is None


def test_without_leave_no_single_patient_is_shown_or_stored(cases):
    closed = replace(cases, patients=None)
    assert closed.nearest(np.arange(float(N)), 0.5) == ()
    assert closed.group(np.arange(float(N)), 0.5) is not None
    text = json.dumps(closed.to_dict())
    assert not any(name in text for name in PATIENT_COLUMNS)


def test_the_file_brings_back_the_patients(cases):
    read = SimilarCases.from_dict(json.loads(json.dumps(cases.to_dict())))
    assert read.to_dict() == cases.to_dict()
    assert np.array_equal(read.dlcs, cases.dlcs, equal_nan=True)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d["fold"].pop(),
        lambda d: d["fold"].__setitem__(0, -1),
        lambda d: d["fold"].__setitem__(0, 0.5),
        lambda d: d["dl_signature"].__setitem__(0, 1.2),
        lambda d: d["good_response"].__setitem__(0, 0.5),
        lambda d: d["dlcs"].__setitem__(0, 2.0),
        lambda d: d["patients"].pop("cea"),
        lambda d: d["patients"].update(patient_id=[""] * N),
        lambda d: d["patients"]["cea"].__setitem__(0, "<script>"),
        lambda d: d["patients"]["age_years"].__setitem__(0, "old"),
        lambda d: d["coordinates"].__setitem__(0, [0.0]),
        lambda d: d.update(more=1),
    ],
)
def test_a_spoilt_file_is_refused(cases, spoil):
    data = json.loads(json.dumps(cases.to_dict()))
    spoil(data)
    with pytest.raises((ModelError, ValueError)):
        SimilarCases.from_dict(data)
