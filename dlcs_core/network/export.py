r"""From a trained torch network to what serving needs: one ONNX graph and named weights.

Outputs of the graph for images (n, 3, 112, 112) in [0, 1]:

``logit`` (n,)
    Log-odds of good response.
``cam`` (n, 7, 7)
    Grad-CAM of the logit (never of the saturating sigmoid) on the output of the last residual
    group, before the second gate; not normalised. For this head the gradient has a closed form:
    with :math:`a` the pooled map :math:`A`, :math:`q = \sigma(W_2 h + b_2)` the gate with hidden
    units :math:`h = relu(W_1 a + b_1)`, and :math:`w` the last layer,

    .. math:: \frac{\partial z}{\partial a} = w q
        + W_1^T \big([h > 0] \cdot W_2^T (w a q (1 - q))\big), \qquad
        cam = relu\Big(\sum_c \frac{1}{49} \frac{\partial z}{\partial a_c} A_c\Big)
``features`` (n, 1024)
    Pooled map after the second gate: what the last layer weighs.
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from dlcs_core.errors import ModelError
from dlcs_core.network.architecture import weight_shapes
from dlcs_core.network.guided_gradcam import gradcam
from dlcs_core.network.inference import Network
from dlcs_core.network.se_resnet50 import SeResNet50


@dataclass(frozen=True)
class ExportedNetwork:
    """A network ready for serving.

    Attributes
    ----------
    graph : bytes
        The ONNX graph, without weights.
    weights : dict of str to float32 array
        As named in the state dict, batch counters left out.
    logit_error, cam_error : float
        Largest absolute difference between torch and onnxruntime on the probe images.
    """

    graph: bytes
    weights: dict[str, NDArray[np.float32]]
    logit_error: float
    cam_error: float


def export_network(model: SeResNet50, images: NDArray[np.float32]) -> ExportedNetwork:
    """Export a network and measure how far the export is from torch.

    The model itself is not touched: neither its training flags nor its weights.

    Parameters
    ----------
    model : SeResNet50
        In training or evaluation mode.
    images : float32 array (n, 3, 112, 112)
        Probe images in [0, 1], e.g. some held-out model inputs.

    Returns
    -------
    ExportedNetwork
        With the measured errors, for the manifest.
    """
    # Late: a GPU machine that only trains has no onnx.
    from dlcs_core.network.graph import make_graph

    frozen = _evaluating_copy(model)
    graph, weights = make_graph(model.variant), weight_arrays(frozen)
    served = Network(graph, [weights]).run(images)
    tensor = torch.from_numpy(np.asarray(images, np.float32))
    with torch.no_grad():
        logits = frozen(tensor).numpy()
    cams = gradcam(frozen, tensor).numpy()
    return ExportedNetwork(
        graph,
        weights,
        logit_error=float(np.abs(served.logits[0] - logits).max()),
        cam_error=float(np.abs(served.cam[0] - cams).max()),
    )


def weight_arrays(model: SeResNet50) -> dict[str, NDArray[np.float32]]:
    """Return the weights by name, as the graph needs them; copies, in float32."""
    state = model.state_dict()
    return {
        name: state[name].detach().cpu().numpy().astype(np.float32, order="C", copy=True)
        for name in weight_shapes()
    }


def _evaluating_copy(model: SeResNet50) -> SeResNet50:
    frozen = copy.deepcopy(model).cpu().float().eval()
    # A module left training would normalise by the batch, silently, and serve other scores.
    if any(module.training for module in frozen.modules()):
        raise ModelError("network_still_training")
    return frozen
