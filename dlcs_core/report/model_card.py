"""What the model card page tells, read from the manifest and from nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

SCORES = ("dl_signature", "clinical_signature", "dlcs")

Interval = tuple[float, float]


@dataclass(frozen=True)
class Metric:
    """One number of the manifest.

    Attributes
    ----------
    path : tuple of str
        Names that lead to it, e.g. cohort, score.
    name : str
        Name of the estimate.
    value : float, int, str, bool or None
        As in the manifest.
    ci95 : tuple of float or None
        Its interval.
    """

    path: tuple[str, ...]
    name: str
    value: object
    ci95: Interval | None


def metrics_of(metrics: Mapping[str, object]) -> tuple[Metric, ...]:
    """Flatten the manifest's metrics, each estimate with its interval.

    Parameters
    ----------
    metrics : mapping
        Nested mappings that end in numbers, or in an ``estimate`` with its ``ci95``.

    Returns
    -------
    tuple of Metric
        In the order of the manifest; lists that are no interval are left out.

    Examples
    --------
    >>> metrics_of({"training": {"dlcs": {"auc": {"estimate": 0.8, "ci95": [0.7, 0.9]}}}})
    (Metric(path=('training', 'dlcs'), name='auc', value=0.8, ci95=(0.7, 0.9)),)
    """
    return tuple(_walk(metrics, ()))


def _walk(node: Mapping[str, object], path: tuple[str, ...]) -> Iterator[Metric]:
    for name, value in node.items():
        if isinstance(value, Mapping) and "estimate" in value:
            yield Metric(path, name, value["estimate"], _interval(value.get("ci95")))
        elif isinstance(value, Mapping):
            yield from _walk(value, (*path, name))
        elif not isinstance(value, list):
            yield Metric(path, name, value, None)


def _interval(found: object) -> Interval | None:
    if isinstance(found, list) and len(found) == 2:
        low, high = found
        return float(low), float(high)
    return None


@dataclass(frozen=True)
class ScorePerformance:
    """One score in one cohort, as recorded at the end of training.

    Attributes
    ----------
    cohort, score : str
        Which.
    found : mapping of str to Metric
        ``n``, ``events``, ``auc``, ``calibration_intercept``, ``calibration_slope`` and what else
        stands beside them.
    """

    cohort: str
    score: str
    found: Mapping[str, Metric]


def score_performances(metrics: Mapping[str, object]) -> tuple[ScorePerformance, ...]:
    """Return the response models' metrics, one entry per cohort and score.

    Parameters
    ----------
    metrics : mapping
        The manifest's: cohort to score to numbers. What has another form is left out.
    """
    entries: dict[tuple[str, str], dict[str, Metric]] = {}
    for metric in metrics_of(metrics):
        if len(metric.path) == 2 and metric.path[1] in SCORES:
            cohort, score = metric.path
            entries.setdefault((cohort, score), {})[metric.name] = metric
    return tuple(ScorePerformance(*which, found) for which, found in entries.items())
