import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dlcs_core.errors import CohortError
from dlcs_core.statistics.survival_metrics import harrell_c, uno_c

ROWS = st.lists(
    st.tuples(st.integers(0, 8), st.booleans(), st.integers(0, 5)), min_size=2, max_size=40
)


def counted(time, event, risk):
    """Right, wrong and tied pairs, one by one."""
    pairs = np.zeros(3, dtype=int)
    for i in np.flatnonzero(event):
        for j in range(len(time)):
            if time[j] > time[i] or (time[j] == time[i] and not event[j]):
                pairs[[risk[j] < risk[i], risk[j] > risk[i], risk[j] == risk[i]].index(True)] += 1
    return pairs


@pytest.mark.parametrize("dataset", ["lung", "gbsg"])
def test_c_index_its_error_and_counts_equal_concordance(dataset, oracle, tally):
    reference = oracle(dataset, "survival_metrics")
    time, event = reference.data["time"], reference.data["status"]
    for name, entry, value in reference.starting("harrell."):
        found = harrell_c(time, event, reference.data[entry["score"]])
        counts = [value["counts"][k] for k in ("concordant", "discordant", "tied.x")]
        tally.compare(name, [found.c_index, found.se], [value["c"], value["se"]])
        tally.compare(name, [found.concordant, found.discordant, found.tied_risk], counts)
    tally.all_agree()


@given(ROWS)
def test_pairs_are_those_counted_one_by_one(rows):
    time, event, risk = (np.array(column) for column in zip(*rows, strict=True))
    expected = counted(time, event, risk)
    assume(expected.sum())
    found = harrell_c(time, event, risk)
    assert [found.concordant, found.discordant, found.tied_risk] == expected.tolist()


@given(ROWS)
def test_the_negated_risk_has_the_complement(rows):
    time, event, risk = (np.array(column) for column in zip(*rows, strict=True))
    assume(counted(time, event, risk).sum())
    found, negated = harrell_c(time, event, risk), harrell_c(time, event, -risk)
    assert negated.c_index == pytest.approx(1.0 - found.c_index)
    assert negated.se == pytest.approx(found.se)


def test_deaths_at_one_time_alone_are_no_pair():
    with pytest.raises(CohortError) as refusal:
        harrell_c([4, 4], [1, 1], [0.2, 0.3])
    assert refusal.value.code == "statistic_no_usable_pair"


@pytest.mark.parametrize("dataset", ["lung", "gbsg"])
def test_truncated_uno_c_equals_concordance_with_left_limit_weights(dataset, oracle, tally):
    reference = oracle(dataset, "survival_metrics")
    time, event = reference.data["time"], reference.data["status"]
    for name, entry, value in reference.starting("uno."):
        found = uno_c(time, event, reference.data[entry["score"]], entry["tau"])
        tally.compare(name, found, value["c_survival"])
        tally.compare(name, found, value["c_left"])
    tally.all_agree()


def test_without_censoring_uno_is_harrell(rng):
    time, risk = rng.exponential(size=60), rng.normal(size=60)
    event = np.ones(60)
    harrell = harrell_c(time, event, risk).c_index
    assert uno_c(time, event, risk, time.max()) == pytest.approx(harrell)


def test_uno_needs_a_death_before_its_horizon():
    with pytest.raises(CohortError) as refusal:
        uno_c([4, 5], [1, 1], [0.2, 0.3], 3)
    assert refusal.value.code == "statistic_no_usable_pair"
