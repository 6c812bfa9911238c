"""The settings of DeepSMOTE; no torch here, so that a configuration is read without it."""

from dataclasses import dataclass
from typing import Literal

Penalty = Literal["none", "paper", "code", "interpolation"]
"""What is asked of the autoencoder beside reconstruction; see :mod:`dlcs_core.deepsmote.losses`."""


@dataclass(frozen=True)
class DeepSmoteSettings:
    """How synthetic images are made.

    Attributes
    ----------
    penalty : str
        ``"none"``, ``"paper"`` (the formula), ``"code"`` (what the published program computes) or
        ``"interpolation"`` (ours); :mod:`dlcs_core.deepsmote.losses` explains each.
    penalty_weight : float
        Weight of the penalty beside the mean squared error of reconstruction, which falls below
        0.01: a penalty heavier than that shapes the outlines. 1 in the paper.
    texture_weight : float
        Weight of the band-pass term, which asks for the right strength of texture in place of
        the right pixels; 0 leaves the decoder to blur.
    empty_background : bool
        Decode where the image is empty apart from how bright it is, so that edges stay sharp.
        For images that are exactly 0 beyond an outline.
    latent_size, width : int
        Length of a code, and channels of the first convolution.
    epochs, batch_size : int
        Length of the autoencoder's training.
    learning_rate : float
        Its start; falls to 0 along a cosine.
    neighbors : int
        SMOTE's k; fewer where a class has no more than that.
    residual_of_neighbor : bool
        Give a new image what the autoencoder lost of its nearer parent: the parent's own texture.
    both_classes_through_decoder : bool
        Make as many images of the more frequent class, too, and let them stand in for as many
        of its real ones, so that whatever marks a synthetic image says nothing about its class.
    synthetic_share_cap : float
        Largest share of synthetic images in a batch; what is missing to 1:1 is filled up by
        repeating real images.
    """

    penalty: Penalty = "interpolation"
    penalty_weight: float = 0.01
    texture_weight: float = 1e-4
    empty_background: bool = True
    latent_size: int = 128
    width: int = 16
    epochs: int = 20
    batch_size: int = 16
    learning_rate: float = 1e-3
    neighbors: int = 5
    residual_of_neighbor: bool = True
    both_classes_through_decoder: bool = True
    synthetic_share_cap: float = 0.25
