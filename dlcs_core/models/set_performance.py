"""How conformal label sets did in a group of patients, as counts with exact intervals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.models.conformal import LABELS
from dlcs_core.models.proportion import Proportion, proportion


@dataclass(frozen=True)
class SetPerformance:
    """How label sets did in one group of patients.

    Attributes
    ----------
    n : int
        Patients with a known probability.
    coverage, predictive_value : mapping of str to Proportion or None
        As in :class:`ConformalScore`.
    singletons, singleton_errors, both, empty : Proportion or None
        Share of sets with one label, of wrong ones among these, of undecided and of empty sets.
    """

    n: int
    coverage: Mapping[str, Proportion | None]
    predictive_value: Mapping[str, Proportion | None]
    singletons: Proportion | None
    singleton_errors: Proportion | None
    both: Proportion | None
    empty: Proportion | None

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "n": self.n,
            "coverage": {k: v and v.to_dict() for k, v in self.coverage.items()},
            "predictive_value": {k: v and v.to_dict() for k, v in self.predictive_value.items()},
            **{
                name: (found := getattr(self, name)) and found.to_dict()
                for name in ("singletons", "singleton_errors", "both", "empty")
            },
        }


def set_performance(good_response: ArrayLike, contained: NDArray[np.bool_]) -> SetPerformance:
    """Count how label sets did.

    Parameters
    ----------
    good_response : array of bool or 0/1, shape (n_patients,)
        Outcome.
    contained : array of bool, shape (n_patients, 2)
        Whether the set holds good and poor; see :meth:`LabelThresholds.contain`.
    """
    good = np.asarray(good_response).astype(np.bool_)
    truth = np.stack([good, ~good], axis=1)
    hit = np.asarray((contained & truth).any(axis=1))
    size = contained.sum(axis=1)
    one = np.asarray(size == 1)
    n = good.size
    return SetPerformance(
        n=n,
        coverage=_each(lambda k: _share(hit, truth[:, k])),
        predictive_value=_each(lambda k: _share(truth[:, k], one & contained[:, k])),
        singletons=proportion(int(one.sum()), n),
        singleton_errors=_share(~hit, one),
        both=proportion(int((size == 2).sum()), n),
        empty=proportion(int((size == 0).sum()), n),
    )


def _each(share_of: Callable[[int], Proportion | None]) -> dict[str, Proportion | None]:
    return {label: share_of(k) for k, label in enumerate(LABELS)}


def _share(found: NDArray[np.bool_], among: NDArray[np.bool_]) -> Proportion | None:
    return proportion(int((found & among).sum()), int(among.sum()))
