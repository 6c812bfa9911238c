"""The survival report as plain text: the cohort, the risk, each horizon, each group."""

from collections.abc import Iterator

from dlcs_core.clinical.record import displayable
from dlcs_core.report.response_text import NOTHING, interval_text, number, p_text
from dlcs_core.report.survival import EVERYBODY, GroupSurvival, SurvivalReport
from dlcs_core.report.survival_json import time_key
from dlcs_core.translation import sentence


def survival_lines(report: SurvivalReport, language: str) -> Iterator[str]:
    """Return the lines of a report.

    Parameters
    ----------
    report : SurvivalReport
        The evaluation.
    language : str
        Language of the words.

    Yields
    ------
    str
        One line: the cohort, the risk, each horizon, the predictions, each group, their test.
    """
    yield cohort_line(report, language)
    yield from filter(None, [ranking_line(report, language)])
    for month in report.request.horizons_months:
        yield sentence(
            "survival_horizon", language,
            month=time_key(month), auc=area_text(report, month),
            brier=number(_brier(report, month)),
        )  # fmt: skip
    yield from filter(None, [accuracy_line(report, language)])
    for name, group in report.groups.items():
        yield sentence("survival_group", language, **group_values(name, group, language))
    yield from filter(None, [log_rank_line(report, language)])


def cohort_line(report: SurvivalReport, language: str) -> str:
    """Return patients, deaths and follow-up."""
    return sentence(
        "survival_cohort", language,
        n=report.n, events=report.events, percent=f"{report.events / report.n:.1%}",
        followup=_months(report.median_followup_months),
    )  # fmt: skip


def ranking_line(report: SurvivalReport, language: str) -> str:
    """Return how well the risk orders the deaths; nothing without a risk."""
    found = report.ranking
    if found is None:
        return ""
    c = found.concordance
    return sentence(
        "survival_ranking", language,
        n=found.n, harrell=NOTHING if c is None else number(c.c_index) + interval_text(c.ci95),
        uno=number(found.uno_c), integrated=number(found.auc.integrated),
        monthly=number(found.integrated_monthly),
    )  # fmt: skip


def accuracy_line(report: SurvivalReport, language: str) -> str:
    """Return the integrated Brier scores; nothing without predictions."""
    found = report.accuracy
    if found is None:
        return ""
    return sentence(
        "survival_accuracy", language,
        n=found.n, ibs=number(found.integrated), null=number(found.integrated_null),
        ipa=number(found.ipa),
    )  # fmt: skip


def log_rank_line(report: SurvivalReport, language: str) -> str:
    """Return the test between groups; nothing without one."""
    test = report.log_rank
    if test is None:
        return ""
    return sentence(
        "survival_log_rank", language,
        statistic=f"{test.statistic:.2f}", df=test.df, p=p_text(test.p),
    )  # fmt: skip


def group_values(name: str, group: GroupSurvival, language: str) -> dict[str, object]:
    """Return what the line of a group says, in words."""
    median = group.median
    limits = f"{_months(median.ci95_low)} - {_months(median.ci95_high)}"
    everybody = sentence("survival_everybody", language)
    return {
        "group": everybody if name == EVERYBODY else displayable(name),
        "n": group.curve.n,
        "events": group.curve.events,
        "median": f"{_months(median.median)} ({limits})",
    }


def area_text(report: SurvivalReport, month: float) -> str:
    """Return the AUC at a horizon with its interval."""
    if report.ranking is None:
        return NOTHING
    auc = report.ranking.auc
    place = auc.horizon_months.tolist().index(month)
    value = float(auc.auc[place])
    if value != value:
        return NOTHING
    return number(value) + interval_text((float(auc.ci95_low[place]), float(auc.ci95_high[place])))


def _brier(report: SurvivalReport, month: float) -> float | None:
    if report.accuracy is None:
        return None
    scores = report.accuracy.scores
    found = dict(zip(scores.horizon_months.tolist(), scores.brier.tolist(), strict=True))
    value = found.get(month)
    return None if value is None or value != value else value


def _months(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1f}"
