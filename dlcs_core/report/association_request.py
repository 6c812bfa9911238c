"""What shall be associated with what, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dlcs_core.clinical.record import displayable
from dlcs_core.errors import CohortError
from dlcs_core.statistics.lasso import LassoMeasure


@dataclass(frozen=True)
class AssociationRequest:
    """What shall be associated with what.

    Attributes
    ----------
    variables : tuple of str
        Columns in order.
    outcome : str or None
        0/1 column for a logistic regression.
    time, event : str or None
        Columns for a Cox regression, in place of an outcome.
    references : mapping of str to str
        Reference level by variable.
    continuous, categorical : tuple of str
        Variables whose kind is set.
    lasso : bool
        Whether the variables are also selected by LASSO.
    fold_id : str or None
        Column with the fold of each row.
    measure : {"deviance", "auc", "class"}
        What is cross-validated.
    detailed : bool
        Whether the common model is also looked at as a prediction model: tests by variable,
        profile intervals, sample size.
    imputations, seed : int
        Tables to impute, 0 for none, and the seed of every draw.
    resamples : int
        Bootstrap samples that correct the model's performance, 0 for none.
    subsamples : int
        Random halves of the patients on which the LASSO is repeated, 0 for none.
    screening_p : float or None
        Variables with a smaller P alone enter the selected model; None for no screening.
    patient : str or None
        Column of the patient where a patient may have several rows.
    """

    variables: tuple[str, ...]
    outcome: str | None = None
    time: str | None = None
    event: str | None = None
    references: Mapping[str, str] = field(default_factory=dict)
    continuous: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    lasso: bool = False
    fold_id: str | None = None
    measure: LassoMeasure = "deviance"
    detailed: bool = False
    imputations: int = 0
    seed: int = 1
    resamples: int = 0
    subsamples: int = 0
    screening_p: float | None = None
    patient: str | None = None

    @property
    def outcome_columns(self) -> tuple[str, ...]:
        """Columns that are explained."""
        return tuple(name for name in (self.outcome, self.time, self.event) if name)

    @property
    def names(self) -> tuple[str, ...]:
        """Every variable once; those whose kind is set are added where not listed."""
        return tuple(dict.fromkeys((*self.variables, *self.continuous, *self.categorical)))


def check_request(request: AssociationRequest) -> None:
    """Refuse what contradicts itself.

    Raises
    ------
    CohortError
        If there is no outcome or two, a variable is the outcome, or a LASSO of a survival time
        is asked for.
    """
    is_cox = request.time is not None or request.event is not None
    if is_cox == (request.outcome is not None) or (request.time is None) != (request.event is None):
        raise CohortError("association_one_outcome")
    if is_cox and request.lasso:
        raise CohortError("association_lasso_of_survival")
    if request.subsamples and not request.lasso:
        raise CohortError("association_stability_without_lasso")
    for name in request.names:
        if name in request.outcome_columns:
            raise CohortError("association_variable_is_outcome", column=displayable(name))
