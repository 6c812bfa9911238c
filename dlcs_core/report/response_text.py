"""The response report as plain text: one line per score, pair and subgroup."""

from collections.abc import Iterator

from dlcs_core.clinical.record import displayable
from dlcs_core.report.centers import Pooled
from dlcs_core.report.response import ResponseReport
from dlcs_core.report.response_parts import Subgroup
from dlcs_core.report.response_score import ScoreResult
from dlcs_core.statistics.calibration import CalibrationEstimate
from dlcs_core.statistics.delong import AucEstimate
from dlcs_core.translation import sentence

NOTHING = "-"
"""What stands where there is no number."""

SMALLEST_P = 0.001


def response_lines(report: ResponseReport, language: str) -> Iterator[str]:
    """Return the lines of a report.

    Parameters
    ----------
    report : ResponseReport
        The evaluation.
    language : str
        Language of the words.

    Yields
    ------
    str
        One line: the cohort, each score, each pair of scores, each subgroup.
    """
    yield sentence(
        "response_cohort", language,
        n=report.n, events=report.events, percent=f"{report.events / report.n:.1%}",
    )  # fmt: skip
    for name, result in report.scores.items():
        yield sentence("response_score", language, **score_values(name, result))
    for (a, b), test in report.comparisons.items():
        yield sentence(
            "response_pair", language, a=displayable(a), b=displayable(b),
            difference=f"{test.difference:+.3f}", p=p_text(test.p),
        )  # fmt: skip
    for row in report.subgroups:
        yield sentence("response_subgroup", language, **subgroup_values(row))
    for name, found in report.centers.items():
        for measure, part in found.pooled.items():
            values = pooled_values(name, measure, part.overall, language)
            yield sentence("response_pooled", language, **values)


def score_values(name: str, result: ScoreResult) -> dict[str, object]:
    """Return what the line of a score says, in words."""
    calibration, calls = result.calibration, result.at_threshold
    return {
        "score": displayable(name),
        "n": result.n,
        "auc": auc_text(result.auc),
        "brier": number(calibration.brier.brier if calibration else None),
        "intercept": estimate_text(calibration.intercept if calibration else None),
        "slope": estimate_text(calibration.slope if calibration else None),
        "threshold": number(calls.threshold),
        "sensitivity": number(calls.sensitivity),
        "specificity": number(calls.specificity),
    }


def subgroup_values(row: Subgroup) -> dict[str, object]:
    """Return what the line of a subgroup says, in words."""
    return {
        "score": displayable(row.score),
        "variable": displayable(row.variable),
        "level": displayable(row.level),
        "n": row.found.n,
        "events": row.found.events,
        "auc": auc_text(row.found.auc),
        "p": p_text(row.interaction.p if row.interaction else None),
    }


def pooled_values(score: str, measure: str, found: Pooled, language: str) -> dict[str, object]:
    """Return what the line of a measure pooled over centres says, in words."""
    return {
        "score": displayable(score),
        "measure": sentence(f"response_pooled_{measure}", language),
        "k": found.k,
        "estimate": number(found.estimate) + interval_text(found.ci95),
        "prediction": interval_text(found.prediction95).strip(),
        "i2": f"{found.i2:.0%}",
        "p": p_text(found.q_p),
    }


def auc_text(auc: AucEstimate | None) -> str:
    """Return an area with its interval."""
    if auc is None:
        return NOTHING
    return number(auc.auc) + interval_text(auc.ci95)


def estimate_text(found: CalibrationEstimate | None) -> str:
    """Return an intercept or slope with its interval."""
    return NOTHING if found is None else number(found.estimate) + interval_text(found.ci95)


def interval_text(ci95: tuple[float, float] | None) -> str:
    """Return an interval in brackets; nothing where there is none.

    Examples
    --------
    >>> interval_text((0.1, 0.25))
    ' (0.100 to 0.250)'
    """
    return f" ({ci95[0]:.3f} to {ci95[1]:.3f})" if ci95 else ""


def number(value: float | None) -> str:
    """Return a number with three decimals; zero has no sign."""
    if value is None:
        return NOTHING
    return f"{round(value, 3) + 0.0:.3f}"


def p_text(p: float | None) -> str:
    """Return a P value as print has it."""
    if p is None:
        return NOTHING
    return f"< {SMALLEST_P}" if p < SMALLEST_P else f"{p:.3f}"
