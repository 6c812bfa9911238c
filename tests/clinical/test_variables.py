import re
from pathlib import Path

import pytest

from dlcs_core.clinical.variables import VARIABLE_BY_NAME, VARIABLES

CONTRACT = Path(__file__).resolve().parents[2].parent / "shared" / "CONTRACT.md"


def test_names_are_those_of_the_contract():
    assert len(VARIABLES) == len(VARIABLE_BY_NAME) == 22
    if not CONTRACT.exists():
        pytest.skip("the contract is not beside this checkout")
    section = CONTRACT.read_text(encoding="utf-8").split("## 1.")[1].split("## 2.")[0]
    named = set(re.findall(r"\| `([a-z0-9_]+)` \|", section))
    assert named == set(VARIABLE_BY_NAME)


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda v: v.name)
def test_soft_limits_lie_within_hard_limits(variable):
    if variable.kind == "categorical":
        assert variable.reference_level == variable.levels[0]
        assert variable.hard_limits is None
    else:
        low, high = variable.hard_limits
        assert low <= variable.soft_limits[0] < variable.soft_limits[1] <= high
        assert variable.unit


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda v: v.name)
def test_a_unit_slip_converts_into_the_soft_range_somewhere(variable):
    for trap in variable.traps:
        if trap.factor is not None:
            low, high = (end * trap.factor for end in trap.entered)
            assert low < variable.soft_limits[1]
            assert high > variable.soft_limits[0]


@pytest.mark.parametrize(
    ("name", "text", "level"),
    [
        ("ct_stage", "T4a", "T4"),
        ("ct_stage", "cT1b", "T1"),
        ("ct_stage", " t3 ", "T3"),
        ("ct_stage", "T2a", None),
        ("ct_stage", "pT3", None),
        ("ct_stage", "ypT2", None),
        ("ct_stage", "Tis", None),
        ("cn_stage", "N3b", "N3"),
        ("cn_stage", "N1a", None),
        ("cm_stage", "M1", "M1"),
        ("borrmann_type", "Ⅲ", "III"),
        ("borrmann_type", "3", None),
        ("sex", "Male", "male"),
        ("sex", "m", None),
        ("cea", "unknown", "unknown"),
        ("cea", "", None),
    ],
)
def test_levels_fold_spelling_and_substages_but_guess_nothing(name, text, level):
    assert VARIABLE_BY_NAME[name].level_of(text) == level
