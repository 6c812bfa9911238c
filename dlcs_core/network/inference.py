"""The network at work, on onnxruntime: no torch anywhere."""

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ModelError
from dlcs_core.network.architecture import INPUT_CHANNELS, INPUT_SIZE_PX, shapes_like
from dlcs_core.network.storage import SCALE_SUFFIX, decode_weights

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

OUTPUTS = ("logit", "cam", "features")
"""Outputs of the graph, in the order in which they are asked for."""

VIEW_COUNTS = (1, 2, 4, 8)
"""Views that form a group of symmetries: one, with the half turn, all flips, all eight."""

IMAGE_SHAPE = (INPUT_CHANNELS, INPUT_SIZE_PX, INPUT_SIZE_PX)
"""Shape of one model input."""


@dataclass(frozen=True)
class NetworkOutput:
    """What every fold says of every image.

    Attributes
    ----------
    logits : float32 array (folds, n)
        Log-odds of good response, before any recalibration.
    cam : float32 array (folds, n, 7, 7)
        Grad-CAM of the logit, non-negative, not normalised.
    features : float32 array (folds, n, 1024)
        Pooled features.
    """

    logits: NDArray[np.float32]
    cam: NDArray[np.float32]
    features: NDArray[np.float32]


@dataclass(frozen=True)
class ViewedOutput:
    """What every fold says of one image, averaged over its turned and flipped views.

    Attributes
    ----------
    fold_logits : float64 array (folds,)
        Mean logit over the views.
    cam : float64 array (7, 7)
        Mean over folds and views, each map turned back to the image first; non-negative, not
        normalised.
    features : float64 array (folds, 1024)
        Mean pooled features over the views.
    """

    fold_logits: NDArray[np.float64]
    cam: NDArray[np.float64]
    features: NDArray[np.float64]


class Network:
    """One graph and the weights of each fold.

    Sessions are made at the first run and kept. Runs may come from several threads.

    Parameters
    ----------
    onnx_graph : bytes
        Written by :func:`dlcs_core.network.export.make_graph`.
    fold_weights : sequence of mapping
        Per fold, weights by name, as floats or in their stored form (``network.storage``).
    threads : int, optional
        Threads of a run; default: the cores this process may use.

    Raises
    ------
    ModelError
        If there is no fold, or a fold lacks a weight or has one of another shape.
    """

    def __init__(
        self,
        onnx_graph: bytes,
        fold_weights: Sequence[Mapping[str, NDArray[Any]]],
        threads: int | None = None,
    ) -> None:
        if not fold_weights:
            raise ModelError("network_without_folds")
        for weights in fold_weights:
            _check_weights(weights)
        self.threads = threads or len(os.sched_getaffinity(0))
        self._graph = onnx_graph
        self._fold_weights = tuple(fold_weights)
        self._sessions: tuple[InferenceSession, ...] = ()
        self._lock = threading.Lock()

    @property
    def n_folds(self) -> int:
        """Number of folds."""
        return len(self._fold_weights)

    def use_threads(self, threads: int) -> None:
        """Let runs use this many threads from now on, e.g. one in each of several processes."""
        with self._lock:
            if threads != self.threads:
                self.threads, self._sessions = threads, ()

    def warm_up(self) -> "tuple[InferenceSession, ...]":
        """Make the sessions, one per fold, now instead of at the first run; return them."""
        with self._lock:
            if not self._sessions:
                self._sessions = tuple(
                    _make_session(self._graph, weights, self.threads)
                    for weights in self._fold_weights
                )
            return self._sessions

    def run(self, images: NDArray[np.float32]) -> NetworkOutput:
        """Run every fold on every image.

        Parameters
        ----------
        images : float32 array (n, 3, 112, 112)
            Windowed intensity in [0, 1], at least one image.

        Returns
        -------
        NetworkOutput
            Folds first.

        Raises
        ------
        ModelError
            If the shape is another, or a value is missing or outside [0, 1].
        """
        checked = _checked_images(images)
        runs = [session.run(OUTPUTS, {"image": checked}) for session in self.warm_up()]
        logits, cam, features = (np.stack(parts) for parts in zip(*runs, strict=True))
        return NetworkOutput(logits, cam, features)

    def run_views(self, image: NDArray[np.float32], n_views: int = 8) -> ViewedOutput:
        """Run every fold on the views of one image and average.

        Parameters
        ----------
        image : float32 array (3, 112, 112)
            Windowed intensity in [0, 1].
        n_views : {8, 4, 2, 1}
            Eight: all quarter turns and their mirror images.

        Returns
        -------
        ViewedOutput
            Averages over the views.

        Raises
        ------
        ModelError
            As :meth:`run`, or if ``n_views`` is another number.

        Notes
        -----
        By the strides of 2, a cell of a single view looks 7.5 px up and left of its square of 16
        pixels. In the mean over two or more views these shifts cancel: prefer at least two.
        """
        if n_views not in VIEW_COUNTS:
            raise ModelError("network_view_count", found=n_views)
        image = np.asarray(image)
        if image.shape != IMAGE_SHAPE:
            raise ModelError("network_input_shape", found=list(image.shape))
        output = self.run(np.stack([turn_and_flip(image, view) for view in range(n_views)]))
        cams = [turn_and_flip_back(output.cam[:, view], view) for view in range(n_views)]
        return ViewedOutput(
            fold_logits=output.logits.mean(axis=1, dtype=np.float64),
            cam=np.mean(cams, axis=(0, 1), dtype=np.float64),
            features=output.features.mean(axis=1, dtype=np.float64),
        )


_VIEWS = (
    (0, False),
    (2, False),
    (0, True),
    (2, True),
    (1, False),
    (3, False),
    (1, True),
    (3, True),
)
"""Quarter turns and mirroring of each view; the first 1, 2, 4 and 8 are groups."""


def turn_and_flip(plane: NDArray[Any], view: int) -> NDArray[Any]:
    """Return one of the eight views of the last two axes; exact, no resampling.

    Parameters
    ----------
    plane : array (..., rows, columns)
        Square in the last two axes.
    view : int
        0 (the image itself) to 7.

    Returns
    -------
    array
        The same values, turned by quarter turns after mirroring left to right.
    """
    turns, mirrored = _VIEWS[view]
    return np.rot90(plane[..., ::-1] if mirrored else plane, turns, axes=(-2, -1))


def turn_and_flip_back(plane: NDArray[Any], view: int) -> NDArray[Any]:
    """Undo :func:`turn_and_flip`."""
    turns, mirrored = _VIEWS[view]
    upright = np.rot90(plane, -turns, axes=(-2, -1))
    return upright[..., ::-1] if mirrored else upright


def _checked_images(images: NDArray[np.float32]) -> NDArray[np.float32]:
    checked = np.ascontiguousarray(images, np.float32)
    if checked.ndim != 1 + len(IMAGE_SHAPE) or checked.shape[1:] != IMAGE_SHAPE or not len(checked):
        raise ModelError("network_input_shape", found=list(checked.shape))
    # Written so that a missing value fails the comparison too.
    if not (checked.min() >= 0 and checked.max() <= 1):
        raise ModelError("network_input_range")
    return checked


def _check_weights(weights: Mapping[str, NDArray[Any]]) -> None:
    found = {n: a.shape for n, a in weights.items() if not n.endswith(SCALE_SUFFIX)}
    expected = shapes_like(found)
    if found != expected:
        raise ModelError("network_weights_mismatch", expected=len(expected), found=len(found))


def _make_session(
    graph: bytes, weights: Mapping[str, NDArray[Any]], threads: int
) -> "InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Waiting threads that spin slow every neighbour down on a shared machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    arrays = decode_weights(weights)
    values = [
        onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array))
        for array in arrays.values()
    ]
    options.add_external_initializers(list(arrays), values)
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
