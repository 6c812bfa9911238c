import json
from dataclasses import replace

import numpy as np
import pytest

from dlcs_core.errors import ModelError
from dlcs_core.models.local_recalibration import LocalRecalibration
from dlcs_core.models.recalibration import Recalibration

LAYER = LocalRecalibration("intercept_and_slope", -0.4, 0.8, 260, 110, "Ward 3")


def test_the_layer_moves_the_log_odds_linearly():
    original = 0.3
    expected = -0.4 + 0.8 * np.log(original / (1 - original))
    assert LAYER.probability(original) == pytest.approx(1 / (1 + np.exp(-expected)))


def test_the_order_of_patients_stays():
    adjusted = [LAYER.probability(p) for p in np.linspace(0.01, 0.99, 50)]
    assert adjusted == sorted(adjusted)


def test_a_calibration_without_layers_is_stored_as_before(recalibration):
    assert "local" not in recalibration.to_dict()


def test_layers_survive_the_round_trip(recalibration):
    layered = replace(recalibration, local={"dlcs": LAYER})
    stored = json.loads(json.dumps(layered.to_dict(), allow_nan=False))
    assert Recalibration.from_dict(stored).local == {"dlcs": LAYER}


@pytest.mark.parametrize(
    "change",
    [
        {"method": "magic"}, {"slope": 0.0}, {"slope": -1.0}, {"intercept": float("inf")},
        {"n_patients": -1}, {"cohort": "a\x1b[2J"}, {"cohort": "x" * 101}, {"extra": 1},
    ],
)  # fmt: skip
def test_a_malformed_layer_is_refused(recalibration, change):
    stored = {**recalibration.to_dict(), "local": {"dlcs": {**LAYER.to_dict(), **change}}}
    with pytest.raises(ModelError) as refusal:
        Recalibration.from_dict(stored)
    assert refusal.value.code == "model_part_malformed"


@pytest.mark.parametrize("local", [{"other": LAYER.to_dict()}, [], "dlcs"])
def test_layers_of_unknown_scores_are_refused(recalibration, local):
    with pytest.raises(ModelError):
        Recalibration.from_dict({**recalibration.to_dict(), "local": local})
