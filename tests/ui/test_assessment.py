"""A result is bound to everything that decided it."""

from types import SimpleNamespace

import pytest

from dlcs_core.clinical.record import parse_record
from dlcs_core.ui import assessment
from dlcs_core.ui.assessment import inputs_hash


def hashed(study="a", bundle="b", **form):
    record, _ = parse_record({"age_years": 60, **form})
    return inputs_hash(SimpleNamespace(sha256=study), record, SimpleNamespace(sha256=bundle))


def test_the_same_inputs_have_the_same_hash():
    assert hashed() == hashed()


@pytest.mark.parametrize(
    "change",
    [{"study": "c"}, {"bundle": "c"}, {"age_years": 61}, {"sex": "male"}, {"patient_id": "X"}],
)
def test_any_change_of_study_model_or_form_changes_it(change):
    assert hashed(**change) != hashed()


def test_a_visit_keeps_the_latest_results_only(monkeypatch):
    kept = {}
    monkeypatch.setattr(assessment, "assessed_cases", lambda: kept)
    for number in range(assessment.MOST_KEPT + 2):
        assessment.remember(str(number), number)
    assert len(kept) == assessment.MOST_KEPT
    assert "0" not in kept
    assessment.remember("2", "again")
    assessment.remember("new", "new")
    assert kept["2"] == "again"
    assert "3" not in kept
