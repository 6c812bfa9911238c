"""The test of the outline: every variant assessed as itself, and a verdict that can fail."""

from dataclasses import replace

import numpy as np
import pytest

from dlcs_core.imaging.study import Mask
from dlcs_core.preprocessing.outline_variants import N_VARIANTS, outline_variants
from dlcs_core.report.case import assess_case
from dlcs_core.report.case_view import headline
from dlcs_core.report.outline_stress import (
    OutlineStress,
    RedrawnAssessment,
    compare_readers,
    stress_outline,
)


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture
def stressed(study, record, bundle, told):
    report = assess_case(study, record, bundle)
    told.clear()
    return stress_outline(study, record, bundle, report, lambda *done: told.append(done)), report


def test_each_outline_gives_what_predict_would_give_for_it(stressed, study, record, bundle, told):
    found, report = stressed
    assert found.original == headline(report).probability
    assert len(found.redrawn) == N_VARIANTS
    assert told == [(i + 1, N_VARIANTS) for i in range(N_VARIANTS)]
    variants = list(outline_variants(study.mask, study.volume.grid.spacing_mm[1:]))
    for place in (0, 9):
        again = assess_case(replace(study, mask=variants[place].mask), record, bundle)
        assert found.redrawn[place].probability == pytest.approx(again.dlcs.probability, abs=1e-6)


def test_the_neighbors_are_the_case_with_another_key_slice(stressed, study, record, bundle):
    found, report = stressed
    key = report.study.key_slice_index
    expected = [
        assess_case(study, record, bundle, key_slice=index).dlcs.probability
        for index in (key - 1, key + 1)
    ]
    assert [one.probability for one in found.neighbors] == pytest.approx(expected, abs=1e-6)


def stress(original, probabilities, cutoff=0.3):
    redrawn = tuple(RedrawnAssessment(1.0, 0.9, p) for p in probabilities)
    return OutlineStress("dlcs", original, cutoff, redrawn, ())


@pytest.mark.parametrize(
    ("case", "stable"),
    [
        (stress(0.5, [0.45, 0.54]), True),
        (stress(0.5, [0.45, 0.551]), False),
        (stress(0.31, [0.29, 0.32]), False),
        (stress(0.31, [0.30, 0.32]), True),
        (stress(0.5, [0.5, None]), False),
        (stress(0.31, [0.29, 0.32], cutoff=None), True),
    ],
)
def test_the_verdict(case, stable):
    assert case.is_stable is stable


def test_an_abstaining_case_is_not_stressed(study, record, bundle):
    report = assess_case(study, record, bundle)
    silent = replace(
        report,
        dlcs=replace(report.dlcs, probability=None),
        dl_signature=replace(report.dl_signature, probability=None),
    )
    assert stress_outline(study, record, bundle, silent) is None


def test_two_readers_are_compared_by_overlap_and_probability(study, record, bundle):
    shifted = {i: np.roll(plane, 4, axis=1) for i, plane in study.mask.planes.items()}
    found = compare_readers(study, Mask(study.mask.size, shifted), record, bundle)
    assert 0.5 < found.dice < 1.0
    assert found.key_slices[0] == found.key_slices[1]
    assert found.probabilities[0] == assess_case(study, record, bundle).dlcs.probability
    assert found.probabilities[1] != found.probabilities[0]


def test_the_same_outline_twice_changes_nothing(study, record, bundle):
    found = compare_readers(study, study.mask, record, bundle)
    assert found.dice == 1.0
    assert found.probabilities[0] == found.probabilities[1]
