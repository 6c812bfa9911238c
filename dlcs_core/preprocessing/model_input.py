"""The network's input and where it came from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import Notice


@dataclass(frozen=True)
class InputFrame:
    """Where the pixels of a model input lie on the native slices.

    The centre of input pixel ``(row, column)`` lies at ``origin_mm + (row, column) *
    spacing_mm`` in in-plane millimetres, counted from the centre of the native pixel (0, 0)
    along increasing row and column.

    Attributes
    ----------
    origin_mm : tuple of float
        Row and column position of the centre of input pixel (0, 0).
    spacing_mm : float
        Pixel size of the input.
    """

    origin_mm: tuple[float, float]
    spacing_mm: float


@dataclass(frozen=True)
class ModelInput:
    """What the network sees: the key slice and its two neighbours around the tumour.

    Attributes
    ----------
    image : float32 array (3, 112, 112)
        Windowed intensity in [0, 1]; channels are the slices of ``slice_indices``.
    mask : uint8 array (3, 112, 112)
        Tumour mask on the same pixels, 0 or 1.
    key_slice_index : int
        Slice with the largest tumour area.
    slice_indices : tuple of int
        The three slices, increasing; the key slice is repeated where a neighbour is missing.
    frame : InputFrame
        Back to the native slices.
    warnings : tuple of Notice
        E.g. a tumour larger than the frame.
    """

    image: NDArray[np.float32]
    mask: NDArray[np.uint8]
    key_slice_index: int
    slice_indices: tuple[int, int, int]
    frame: InputFrame
    warnings: tuple[Notice, ...] = ()
