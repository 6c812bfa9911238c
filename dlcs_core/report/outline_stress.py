"""Does the answer hang on how the tumour was outlined: the assessment under redrawn outlines."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dlcs_core.bundle.reader import Bundle
from dlcs_core.clinical.record import ClinicalRecord
from dlcs_core.imaging.study import Mask, Study
from dlcs_core.preprocessing.outline_variants import (
    N_VARIANTS,
    dice,
    outline_variants,
)
from dlcs_core.preprocessing.slices import key_slice_index
from dlcs_core.report.case import assess_case
from dlcs_core.report.case_report import CaseReport
from dlcs_core.report.case_view import Headline, headline

UNSTABLE_RANGE = 0.10
"""Difference between the highest and the lowest probability from which the outline decides."""

Progress = Callable[[int, int], object]
"""Called with the outlines done and all of them."""


@dataclass(frozen=True)
class RedrawnAssessment:
    """The assessment under one other outline.

    Attributes
    ----------
    area_ratio : float
        Tumour area on the key slice against the original's.
    dice : float
        Overlap with the original outline.
    probability : float or None
        Of good response; None where this outline abstains.
    """

    area_ratio: float
    dice: float
    probability: float | None


@dataclass(frozen=True)
class OutlineStress:
    """What redrawing the outline does to a case's probability.

    Attributes
    ----------
    source : {"dlcs", "dl_signature"}
        Which probability it is: the one that leads the page.
    original : float
        With the outline as drawn.
    cutoff : float or None
        Of the DLCS; None where the DL signature leads, which has none.
    redrawn : tuple of RedrawnAssessment
        By increasing area.
    neighbors : tuple of RedrawnAssessment
        Key slice one lower and one higher, with the outline as drawn; not part of the verdict.
    """

    source: str
    original: float
    cutoff: float | None
    redrawn: tuple[RedrawnAssessment, ...]
    neighbors: tuple[RedrawnAssessment, ...]

    @property
    def probabilities(self) -> tuple[float, ...]:
        """Of the original and of every redrawn outline that does not abstain."""
        found = [one.probability for one in self.redrawn if one.probability is not None]
        return (self.original, *found)

    @property
    def n_abstained(self) -> int:
        """Redrawn outlines without a probability."""
        return sum(one.probability is None for one in self.redrawn)

    @property
    def lowest(self) -> float:
        """Lowest probability."""
        return min(self.probabilities)

    @property
    def highest(self) -> float:
        """Highest probability."""
        return max(self.probabilities)

    @property
    def crosses_cutoff(self) -> bool:
        """Whether some outlines call the patient a good responder and others do not."""
        if self.cutoff is None:
            return False
        return self.lowest < self.cutoff <= self.highest

    @property
    def is_stable(self) -> bool:
        """Whether the range stays below ten points, on one side of the cutoff, none abstaining."""
        narrow = self.highest - self.lowest < UNSTABLE_RANGE
        return narrow and not self.crosses_cutoff and self.n_abstained == 0


def stress_outline(
    study: Study,
    record: ClinicalRecord,
    bundle: Bundle,
    report: CaseReport,
    progress: Progress | None = None,
) -> OutlineStress | None:
    """Assess a case again under redrawn outlines.

    Parameters
    ----------
    study : Study
        As it was assessed.
    record : ClinicalRecord
        The form.
    bundle : Bundle
        The model.
    report : CaseReport
        The assessment with the outline as drawn.
    progress : callable, optional
        Told after each outline.

    Returns
    -------
    OutlineStress or None
        None where the case abstains: there is no probability to vary.
    """
    leading = headline(report)
    if leading is None:
        return None
    # The slices are the same under every outline: they are decoded once.
    read = replace(study, volume=replace(study.volume, read_slice_hu=_remembered(study)))
    redrawn = _assess_variants(read, record, bundle, leading, progress)
    neighbors = tuple(_moved_key_slices(read, record, bundle, leading))
    cutoff = report.dlcs.cutoff if leading.source == "dlcs" else None
    return OutlineStress(leading.source, leading.probability, cutoff, redrawn, neighbors)


def _assess_variants(
    study: Study,
    record: ClinicalRecord,
    bundle: Bundle,
    leading: Headline,
    progress: Progress | None,
) -> tuple[RedrawnAssessment, ...]:
    """Assess under each redrawn outline; the network itself uses every processor."""
    found = []
    for variant in outline_variants(study.mask, study.volume.grid.spacing_mm[1:]):
        probability = _probability(replace(study, mask=variant.mask), record, bundle, leading)
        found.append(RedrawnAssessment(variant.area_ratio, variant.dice, probability))
        if progress:
            progress(len(found), N_VARIANTS)
    return tuple(found)


def _remembered(study: Study) -> Callable[[int], NDArray[np.float32]]:
    slices: dict[int, NDArray[np.float32]] = {}

    def read_slice_hu(index: int) -> NDArray[np.float32]:
        if index not in slices:
            slices[index] = study.volume.read_slice_hu(index)
        return slices[index]

    return read_slice_hu


def _probability(
    study: Study,
    record: ClinicalRecord,
    bundle: Bundle,
    leading: Headline,
    key_slice: int | None = None,
) -> float | None:
    """Return the probability of the same kind, None where this outline abstains."""
    report = assess_case(study, record, bundle, key_slice=key_slice)
    result = report.dlcs if leading.source == "dlcs" else report.dl_signature
    return result.probability


def _moved_key_slices(
    study: Study, record: ClinicalRecord, bundle: Bundle, leading: Headline
) -> Iterator[RedrawnAssessment]:
    """Assess with the key slice one lower and one higher, where the outline reaches there."""
    counts = study.mask.pixel_counts()
    key = key_slice_index(counts)
    for moved in (key - 1, key + 1):
        if 0 <= moved < len(counts) and counts[moved]:
            probability = _probability(study, record, bundle, leading, key_slice=moved)
            yield RedrawnAssessment(float(counts[moved] / counts[key]), 1.0, probability)


@dataclass(frozen=True)
class ReaderComparison:
    """Two readers' outlines of one study.

    Attributes
    ----------
    dice : float
        Overlap over all slices, in [0, 1].
    key_slices : tuple of int
        Key slice of either reader, 0-based.
    probabilities : tuple of float or None
        Of good response with either outline; None where it abstains.
    """

    dice: float
    key_slices: tuple[int, int]
    probabilities: tuple[float | None, float | None]


def compare_readers(
    study: Study, other: Mask, record: ClinicalRecord, bundle: Bundle
) -> ReaderComparison:
    """Assess a study with the outlines of two readers.

    Parameters
    ----------
    study : Study
        With the first reader's outline.
    other : Mask
        The second reader's, on the same grid.
    record : ClinicalRecord
        The form.
    bundle : Bundle
        The model.
    """
    found = [headline(assess_case(s, record, bundle)) for s in (study, replace(study, mask=other))]
    first, second = (None if one is None else one.probability for one in found)
    keys = [key_slice_index(mask.pixel_counts()) for mask in (study.mask, other)]
    return ReaderComparison(dice(study.mask, other), (keys[0], keys[1]), (first, second))
