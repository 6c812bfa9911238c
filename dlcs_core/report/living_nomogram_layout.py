"""Layout of a nomogram for the browser: coefficients, axes and variances as plain data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LivingLevel:
    """One level of a categorical variable: its value, its name and what it contributes."""

    value: str
    label: str
    contribution: float


@dataclass(frozen=True)
class LivingTerm:
    """One line of a nomogram.

    Attributes
    ----------
    variable, name, unit : str
        Name in tables, display name and unit as written.
    levels : tuple of LivingLevel
        Of a categorical variable; empty when continuous.
    coefficient : float
        Contribution per unit of a continuous variable.
    scale : {"identity", "logit"}
        What the coefficient multiplies.
    ticks : tuple of float
        Marks of a continuous variable's line.
    lowest : float
        Smallest contribution on the line: 0 points.
    column : int
        First design column of the term; a categorical variable has one per level but the first.
    low, high : float
        How far the dot of a continuous variable can be moved.
    step : float
        Of an arrow key, in the variable's unit.
    percent : bool
        Whether the value is a probability, shown in percent.
    value : float or str
        The patient's.
    """

    variable: str
    name: str
    unit: str
    levels: tuple[LivingLevel, ...]
    coefficient: float
    scale: str
    ticks: tuple[float, ...]
    lowest: float
    column: int
    low: float
    high: float
    step: float
    percent: bool
    value: float | str


@dataclass(frozen=True)
class LivingOutcome:
    """A line that turns total points into a probability; the horizon in months, or None."""

    horizon_months: float | None
    probabilities: tuple[float, ...]
    total_points: tuple[float, ...]


@dataclass(frozen=True)
class LivingNomogram:
    """Axes and arithmetic that both models share.

    Attributes
    ----------
    terms : tuple of LivingTerm
        The DL signature first.
    lowest, points_per_unit, most_total_points : float
        Turn points into the linear predictor; see :class:`dlcs_core.models.nomogram.Nomogram`.
    outcome : tuple of LivingOutcome
        Lines below the total.
    covariance : tuple of tuple of float
        Of the coefficients; with the intercept first in the response model.
    """

    terms: tuple[LivingTerm, ...]
    lowest: float
    points_per_unit: float
    most_total_points: float
    outcome: tuple[LivingOutcome, ...]
    covariance: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class LivingInterval:
    """An interval on the logit scale; see :class:`dlcs_core.models.interval.ScoreInterval`.

    Attributes
    ----------
    shift, slope, residual_variance, inflation, quantile : float
        As there.
    fold_variance : float
        The folds' share of the variance of the log odds; it hangs on the images alone.
    """

    shift: float
    slope: float
    residual_variance: float
    inflation: float
    quantile: float
    fold_variance: float


@dataclass(frozen=True)
class LivingResponse:
    """The fusion model.

    Attributes
    ----------
    nomogram : LivingNomogram
        Lines and coefficients.
    interval : LivingInterval or None
        How the interval is made; None where its coverage is not on record or a local layer lies
        over it.
    local_intercept, local_slope : float
        Local recalibration; 0 and 1 without one.
    cutoff : float
        Probability from which a patient counts as a good responder, as shown.
    """

    nomogram: LivingNomogram
    interval: LivingInterval | None
    local_intercept: float
    local_slope: float
    cutoff: float


@dataclass(frozen=True)
class LivingSurvival:
    """The survival model.

    Attributes
    ----------
    nomogram : LivingNomogram
        Lines and coefficients.
    means : tuple of float
        Training means of the columns.
    months, hazard, variance : tuple of float
        Baseline at the months of the curve, within the training follow-up.
    weighted_mean : tuple of tuple of float
        Per month; see :class:`dlcs_core.models.baseline.Baseline`.
    horizons_months : tuple of float
        Where survival is read.
    risk_cutoff : float
        Linear predictor above which the risk counts as high.
    """

    nomogram: LivingNomogram
    means: tuple[float, ...]
    months: tuple[float, ...]
    hazard: tuple[float, ...]
    variance: tuple[float, ...]
    weighted_mean: tuple[tuple[float, ...], ...]
    horizons_months: tuple[float, ...]
    risk_cutoff: float
