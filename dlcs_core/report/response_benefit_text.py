"""Rows of the document: net benefit of one score over another, and val.prob's summary."""

from collections.abc import Sequence

import numpy as np

from dlcs_core.clinical.record import displayable
from dlcs_core.report.response import ResponseReport
from dlcs_core.report.response_text import NOTHING, interval_text, number, p_text
from dlcs_core.statistics.bootstrap import NetBenefitDifference

SHOWN_THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5)
"""Threshold probabilities of the printed table; the JSON has all of them."""

Rows = Sequence[Sequence[str]]


def benefit_rows(report: ResponseReport) -> Rows:
    """Return a row per pair of scores: the difference with its interval at a few thresholds.

    Parameters
    ----------
    report : ResponseReport
        With resamples; without there are no rows.
    """
    return [
        [displayable(a), displayable(b), *(_at(found, t) for t in SHOWN_THRESHOLDS)]
        for (a, b), found in report.benefits.items()
    ]


def _at(found: NetBenefitDifference, threshold: float) -> str:
    """Return the difference at a threshold; nothing where that was not asked for."""
    place = np.flatnonzero(np.isclose(found.threshold, threshold))
    if not place.size:
        return NOTHING
    i = int(place[0])
    limits = float(found.ci95_low[i]), float(found.ci95_high[i])
    return number(float(found.difference[i])) + interval_text(limits)


def summary_rows(report: ResponseReport) -> Rows:
    """Return a row per score with ``val.prob``'s indices.

    Parameters
    ----------
    report : ResponseReport
        With summaries; without there are no rows.
    """
    return [
        [
            displayable(name), *map(number, (found.dxy, found.r2, found.d, found.u)),
            p_text(found.u_p), number(found.q), number(found.eavg), p_text(found.spiegelhalter_p),
        ]
        for name, found in report.summaries.items()
    ]  # fmt: skip
