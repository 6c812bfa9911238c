"""A share of patients as it is put on record: with the counts behind it and its interval."""

from dataclasses import dataclass

from dlcs_core.errors import ModelError
from dlcs_core.models.serialization import fields_of, number, whole_number

_FIELDS = ("estimate", "ci95", "count", "n")


@dataclass(frozen=True)
class Proportion:
    """A share with its exact (Clopper-Pearson) 95 % interval.

    Attributes
    ----------
    count, n : int
        Patients with the property, and all of them.
    low, high : float
        Limits, in [0, 1].
    """

    count: int
    n: int
    low: float
    high: float

    @property
    def estimate(self) -> float:
        """The share, in [0, 1]."""
        return self.count / self.n

    @property
    def ci95(self) -> tuple[float, float]:
        """Both limits."""
        return self.low, self.high

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "estimate": self.estimate,
            "ci95": [self.low, self.high],
            "count": self.count,
            "n": self.n,
        }

    @classmethod
    def from_dict(cls, data: object) -> "Proportion":
        """Read the JSON form; refuse what is no share.

        Raises
        ------
        ModelError
            If a key is missing or unknown, counts do not fit, or limits lie outside [0, 1].
        """
        part = "proportion"
        fields = fields_of(data, _FIELDS, part)
        count, n = (whole_number(fields[name], part, name) for name in ("count", "n"))
        limits = fields["ci95"]
        if not isinstance(limits, list | tuple) or len(limits) != 2:
            raise ModelError("model_part_malformed", part=part, field="ci95")
        low, high = (number(limit, part, "ci95") for limit in limits)
        if not (n > 0 and count <= n and 0.0 <= low <= count / n <= high <= 1.0):
            raise ModelError("model_part_malformed", part=part, field="ci95")
        number(fields["estimate"], part, "estimate")
        return cls(count, n, low, high)


def proportion(count: int, n: int) -> Proportion | None:
    """Return a share with its exact interval; None where there is nobody.

    Examples
    --------
    >>> found = proportion(8, 10)
    >>> found.estimate, round(found.low, 3), round(found.high, 3)
    (0.8, 0.444, 0.975)
    """
    from dlcs_core.statistics.classification import clopper_pearson_interval

    if n == 0:
        return None
    low, high = clopper_pearson_interval(count, n)
    return Proportion(count, n, float(low), float(high))


def proportion_or_none(data: object) -> Proportion | None:
    """Read the JSON form of a share that may be absent."""
    return None if data is None else Proportion.from_dict(data)
