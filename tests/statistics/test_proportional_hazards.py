import numpy as np
import pytest

from dlcs_core.statistics.proportional_hazards import GLOBAL, proportional_hazards_test


@pytest.mark.parametrize("dataset", ["lung", "gbsg"])
def test_chi_squares_equal_cox_zph(dataset, oracle, tally):
    reference = oracle(dataset, "cox")
    value = reference.entries["zph.km"]["value"]
    terms = reference.entries["multivariable.efron"]["value"]["term"]
    variables = [row for row in value["term_rows"] if row != GLOBAL]
    columns_of = {v: [term for term in terms if term.startswith(v)] for v in variables}
    found = proportional_hazards_test(
        reference.columns(terms),
        reference.data["time"],
        reference.data["status"],
        terms,
        columns_of,
    )
    assert [row.variable for row in found] == value["term_rows"]
    tally.compare("chi-square", [row.statistic for row in found], value["term_chisq"], 1e-6)
    tally.compare("df", [row.df for row in found], value["term_df"])
    tally.compare("p", [row.p for row in found], value["term_p"], 1e-6)
    tally.all_agree()


def test_an_effect_that_reverses_is_found_and_a_constant_one_is_not(rng):
    group = np.repeat([0.0, 1.0], 400)
    constant = rng.exponential(1 / np.exp(0.8 * group))
    # Crossing hazards: shape 0.5 against shape 2.
    reversing = np.where(group == 1, rng.weibull(0.5, 800), rng.weibull(2.0, 800))
    for time, drifts in ((constant, False), (reversing, True)):
        row = proportional_hazards_test(
            group[:, None], time, np.ones(800), ["group"], {"group": ["group"]}
        )[0]
        assert (row.p < 1e-4) is drifts
