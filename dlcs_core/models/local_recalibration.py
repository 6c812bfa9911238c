r"""A hospital's own patients adjust the probabilities of a trained model.

.. math:: p' = \mathrm{sigmoid}(intercept + slope \cdot \mathrm{logit}(p))

The layer lies over one score's served probability. Fusion and survival go on using the original
one, so that their coefficients still mean what they were fitted for.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from dlcs_core.errors import ModelError
from dlcs_core.models.design import logit_of, probability_of
from dlcs_core.models.serialization import fields_of, number, text, whole_number

LOCAL_SCORES = ("dl_signature", "clinical_signature", "dlcs")
"""Served probabilities that a layer can lie over."""

METHODS = ("intercept", "intercept_and_slope")

MAX_NAME = 100

_PART = "local_recalibration"


@dataclass(frozen=True)
class LocalRecalibration:
    """Adjustment of one score to local patients.

    Attributes
    ----------
    method : {"intercept", "intercept_and_slope"}
        What was estimated; with the first the slope is 1.
    intercept, slope : float
        On the log odds; the slope is positive, so that the order of patients stays.
    n_patients, n_events : int
        Local patients with outcome and score, and good responders among them.
    cohort : str
        What the hospital calls them.
    """

    method: str
    intercept: float
    slope: float
    n_patients: int
    n_events: int
    cohort: str

    def probability(self, original: float) -> float:
        """Return the adjusted probability of one patient.

        Examples
        --------
        >>> LocalRecalibration("intercept", 0.0, 1.0, 40, 12, "local").probability(0.5)
        0.5
        """
        return probability_of(self.intercept + self.slope * logit_of(original))

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: object) -> "LocalRecalibration":
        """Read the JSON form.

        Raises
        ------
        ModelError
            If a key is missing or unknown, a number is not finite, the slope is not positive, or
            the cohort's name would steer a terminal or page.
        """
        found = fields_of(data, [field.name for field in fields(cls)], _PART)
        layer = cls(
            method=text(found["method"], _PART, "method"),
            intercept=number(found["intercept"], _PART, "intercept"),
            slope=number(found["slope"], _PART, "slope"),
            n_patients=whole_number(found["n_patients"], _PART, "n_patients"),
            n_events=whole_number(found["n_events"], _PART, "n_events"),
            cohort=text(found["cohort"], _PART, "cohort"),
        )
        if layer.method not in METHODS:
            raise ModelError("model_part_malformed", part=_PART, field="method")
        if layer.slope <= 0.0:
            raise ModelError("model_part_malformed", part=_PART, field="slope")
        if not layer.cohort.isprintable() or len(layer.cohort) > MAX_NAME:
            raise ModelError("model_part_malformed", part=_PART, field="cohort")
        return layer


def local_layers(data: object) -> dict[str, LocalRecalibration]:
    """Read the layers of a bundle by score.

    Raises
    ------
    ModelError
        If a score has no layer in this program, or a layer is malformed.
    """
    if not isinstance(data, Mapping) or not set(data) <= set(LOCAL_SCORES):
        raise ModelError("model_part_malformed", part=_PART, field="*")
    return {name: LocalRecalibration.from_dict(layer) for name, layer in data.items()}
