"""What the model card page tells, read from the manifest and from nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

INTERVAL_SUFFIX = "_ci95"
"""An estimate ``auc`` has its interval beside it as ``auc_ci95``."""


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
    ci95: tuple[float, float] | None


def metrics_of(metrics: Mapping[str, object]) -> tuple[Metric, ...]:
    """Flatten the manifest's metrics, each estimate with its interval.

    Parameters
    ----------
    metrics : mapping
        Nested mappings that end in numbers, as in the manifest.

    Returns
    -------
    tuple of Metric
        In the order of the manifest; lists that are no interval are left out.

    Examples
    --------
    >>> metrics_of({"training": {"dlcs": {"auc": 0.8, "auc_ci95": [0.7, 0.9]}}})
    (Metric(path=('training', 'dlcs'), name='auc', value=0.8, ci95=(0.7, 0.9)),)
    """
    return tuple(_walk(metrics, ()))


def _walk(node: Mapping[str, object], path: tuple[str, ...]) -> Iterator[Metric]:
    for name, value in node.items():
        if isinstance(value, Mapping):
            yield from _walk(value, (*path, name))
        elif not isinstance(value, list):
            yield Metric(path, name, value, _interval(node.get(name + INTERVAL_SUFFIX)))


def _interval(found: object) -> tuple[float, float] | None:
    if isinstance(found, list) and len(found) == 2:
        low, high = found
        return float(low), float(high)
    return None
