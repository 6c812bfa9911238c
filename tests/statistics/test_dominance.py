import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dlcs_core.statistics.dominance import count_below


@given(st.lists(st.integers(0, 12), max_size=40), st.integers(0, 40), st.integers(0, 14))
def test_count_equals_counting(ranks, prefix, bound):
    prefix = min(prefix, len(ranks))
    found = count_below(np.array(ranks, dtype=np.intp), np.array([prefix]), np.array([bound]))
    assert found.tolist() == [sum(rank < bound for rank in ranks[:prefix])]
