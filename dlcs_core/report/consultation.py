"""One patient's outlook in whole people of 100, for the talk in the consulting room.

Every format on the page (words, icons, table, bars, curve) is made from the numbers here, so that
they agree to the integer. Both frames are always given: how many do and how many do not.
"""

from dataclasses import dataclass

from dlcs_core.bundle.reader import Bundle
from dlcs_core.figures.icon_array import N_ICONS, both_of_hundred, of_hundred, of_hundred_text
from dlcs_core.report.case_report import CaseReport
from dlcs_core.report.case_view import headline


@dataclass(frozen=True)
class Outlook:
    """One outcome in people of 100.

    Attributes
    ----------
    month : float or None
        Month at which survival is read; None for the response.
    probability : float
        Of the good frame: responds well, is alive.
    good, poor : int
        People of 100 in either frame; they add up to 100.
    good_text, poor_text : str
        The same as written: what is possible is never written as never.
    interval : tuple of str or None
        Limits of the good frame in people of 100, where an interval is on record.
    """

    month: float | None
    probability: float
    good: int
    poor: int
    good_text: str
    poor_text: str
    interval: tuple[str, str] | None

    @property
    def frame(self) -> str:
        """End of the message codes that word this outcome."""
        return "response" if self.month is None else "survival"


@dataclass(frozen=True)
class Consultation:
    """What is told, and on whom it rests.

    Attributes
    ----------
    outlooks : tuple of Outlook
        The response first, then survival by month; only those that the case has.
    n_patients, n_good : int
        Training patients behind the response, and good responders among them.
    n_followed, n_deaths : int
        Patients behind the survival model, and deaths among them.
    """

    outlooks: tuple[Outlook, ...]
    n_patients: int
    n_good: int
    n_followed: int
    n_deaths: int


def make_outlook(
    probability: float, interval: tuple[float, float] | None, month: float | None = None
) -> Outlook:
    """Round one probability once, for every format.

    Parameters
    ----------
    probability : float
        Of the good frame, in [0, 1].
    interval : tuple of float or None
        Its 95 % limits.
    month : float, optional
        Of survival.

    Examples
    --------
    >>> make_outlook(0.335, (0.2, 0.5)).poor
    66
    """
    good = of_hundred(probability)
    good_text, poor_text = both_of_hundred(probability)
    limits = (
        None if interval is None else (of_hundred_text(interval[0]), of_hundred_text(interval[1]))
    )
    return Outlook(month, probability, good, N_ICONS - good, good_text, poor_text, limits)


def make_consultation(report: CaseReport, bundle: Bundle) -> Consultation | None:
    """Gather the outcomes of a case.

    Parameters
    ----------
    report : CaseReport
        The assessment.
    bundle : Bundle
        The model that made it.

    Returns
    -------
    Consultation or None
        None where the case abstains: there is nothing to tell.
    """
    leading = headline(report)
    if leading is None:
        return None
    sizes = bundle.manifest.cohort_sizes.get("training", {})
    fit = bundle.survival.fit
    return Consultation(
        outlooks=(make_outlook(leading.probability, leading.ci95), *_survival(report)),
        n_patients=int(sizes.get("patients", 0)),
        n_good=int(sizes.get("good_response", 0)),
        n_followed=fit.n_complete,
        n_deaths=fit.events,
    )


def _survival(report: CaseReport) -> list[Outlook]:
    """Return survival at the months that lie within the training follow-up."""
    read = report.survival.at_horizons
    if read is None:
        return []
    rows = zip(read.times_months, read.survival, read.ci95_low, read.ci95_high, strict=True)
    return [
        make_outlook(alive, None if low is None or high is None else (low, high), month)
        for month, alive, low, high in rows
        if alive is not None
    ]
