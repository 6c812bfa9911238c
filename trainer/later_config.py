"""The settings of what follows the networks; changing them needs no network trained again."""

from dataclasses import dataclass
from typing import Literal

FusionVariables = Literal["figure_3a", "screened"]


@dataclass(frozen=True)
class LaterStagesConfig:
    """How the later stages are fitted and examined.

    Attributes
    ----------
    fusion_variables : str
        Clinical variables beside the DL signature: ``"figure_3a"`` are the paper's three,
        ``"screened"`` those with a univariable P below 0.05 in training. The other choice is
        reported beside the one that is served.
    conformal_error_rate : float
        Share of the patients of each class whose label may be missing from the label set.
    stability_subsamples : int
        Halves of the training patients on which the LASSO is repeated; 0 leaves it out.
    optimism_resamples : int
        Bootstrap samples that correct the survival model's optimism; 0 leaves it out.
    share_similar_patients : bool
        Put variables, survival and slices of single training patients into the bundle although
        they are no phantoms. An institution's own decision.
    """

    fusion_variables: FusionVariables = "figure_3a"
    conformal_error_rate: float = 0.1
    stability_subsamples: int = 50
    optimism_resamples: int = 50
    share_similar_patients: bool = False
