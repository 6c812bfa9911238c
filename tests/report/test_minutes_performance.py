"""Board and model are judged on the same cases, by numbers that others compute alike."""

import numpy as np
import pytest

from dlcs_core.report.minutes_performance import JudgedCase, board_performance
from dlcs_core.statistics.brier import brier_score

RNG = np.random.default_rng(11)
CASES = tuple(
    JudgedCase(float(model), float(board), int(trg))
    for model, board, trg in zip(
        RNG.random(40), RNG.integers(0, 5, 40) / 4, RNG.integers(0, 4, 40), strict=True
    )
)


def test_brier_score_is_that_of_the_statistics():
    found = board_performance(CASES)
    good = [case.trg <= 1 for case in CASES]
    for forecasts, name in ((found.model, "model"), (found.board, "board")):
        told = [getattr(case, name) for case in CASES]
        assert forecasts.brier == pytest.approx(brier_score(good, told).brier, abs=1e-12)
        assert forecasts.whole.expected == pytest.approx(sum(told))
        assert (forecasts.whole.n, forecasts.whole.n_good) == (40, sum(good))
        parts = [part for part in (forecasts.low, forecasts.high) if part is not None]
        assert sum(part.n for part in parts) == 40
        assert sum(part.n_good for part in parts) == sum(good)


def test_only_cases_that_both_judged_are_compared():
    cases = (
        *CASES[:3],
        JudgedCase(None, 0.5, 1),
        JudgedCase(0.3, None, 2),
        JudgedCase(0.3, 0.5, None),
    )
    found = board_performance(cases)
    assert (found.n, found.n_without) == (3, 2)
    assert found.model == board_performance(CASES[:3]).model


def test_one_case_of_one_class_has_a_score_and_a_wide_interval():
    found = board_performance([JudgedCase(0.8, 1.0, 0)])
    assert found.model.brier == pytest.approx(0.04)
    assert found.board.brier == 0.0
    assert found.model.low is None
    assert found.model.whole.observed.low == pytest.approx(0.025)  # Clopper-Pearson: 0.05 / 2


def test_nothing_known_is_nothing_judged():
    found = board_performance([JudgedCase(0.4, 0.5, None)])
    assert (found.n, found.model, found.board, found.alive) == (0, None, None, ())


def test_survival_counts_only_whose_status_is_known():
    told = ((12.0, 0.9), (24.0, 0.7), (35.0, None))
    cases = [
        JudgedCase(0.5, None, None, told, 30.0, False),  # alive at 12 and 24
        JudgedCase(0.5, None, None, told, 14.0, True),  # alive at 12, dead by 24
        JudgedCase(0.5, None, None, told, 20.0, False),  # alive at 12, lost before 24
        JudgedCase(0.5, None, None, told, 6.0, None),  # nothing known of 12
    ]
    found = {
        one.month: (one.n, one.n_alive, one.expected) for one in board_performance(cases).alive
    }
    assert found[12.0] == (3, 3, pytest.approx(2.7))
    assert found[24.0] == (2, 1, pytest.approx(1.4))
    assert set(found) == {12.0, 24.0}
