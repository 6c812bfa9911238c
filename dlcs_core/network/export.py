"""From a trained torch network to what serving needs: one ONNX graph and named weights.

The graph is written node by node instead of traced. So it is a pure function of the
architecture, byte for byte the same for every training run, and its weights keep the names of
the state dict: no exporter folds the batch norms into convolutions, and the five folds share one
graph. The weights are external initializers, handed over when a session is made.

Outputs for images (n, 3, 112, 112) in [0, 1]:

``logit`` (n,)
    Log-odds of good response.
``cam`` (n, 7, 7)
    Grad-CAM of the logit on the output of the last residual group (before the second gate), not
    normalised. For this head the gradient has a closed form: with :math:`a` the pooled map,
    :math:`q = \\sigma(W_2\\,\\mathrm{relu}(W_1 a + b_1) + b_2)` the gate and :math:`w` the last
    layer,

    .. math:: \\frac{\\partial z}{\\partial a} = w q
        + W_1^T [W_1 a + b_1 > 0] W_2^T (w a q (1 - q)), \\qquad
        cam = relu\\Big(\\sum_c \\frac{1}{49} \\frac{\\partial z}{\\partial a_c} A_c\\Big)
``features`` (n, 1024)
    Pooled map after the second gate: what the last layer weighs.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper

from dlcs_core.errors import ModelError
from dlcs_core.network.architecture import (
    BATCH_NORM_EPSILON,
    FEATURES,
    INPUT_CHANNELS,
    INPUT_SIZE_PX,
    MAP_SIZE,
    RESIDUAL_GROUPS,
    ResidualGroup,
    StemGate,
    weight_shapes,
)
from dlcs_core.network.inference import Network
from dlcs_core.network.se_resnet50 import SeResNet50

OPSET = 17
"""Version of the ONNX operator set; fixed, as it is part of the graph's bytes."""

IR_VERSION = 8
"""Version of the ONNX file format that goes with the operator set."""

WEIGHT_LOCATION = "handed-over-in-memory"
"""Stands where ONNX expects a file name. No such file exists: without weights nothing loads."""


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
    frozen = _evaluating_copy(model)
    graph, weights = make_graph(model.stem_gate), weight_arrays(frozen)
    served = Network(graph, [weights]).run(images)
    logits, cams = _torch_outputs(frozen, torch.from_numpy(np.asarray(images, np.float32)))
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


def round_to_storage(state_dict: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Round weights to the 16-bit floats in which a bundle stores them.

    To be loaded back at the end of training, before any score is computed: every signature,
    cutoff and metric on record is then that of the stored network.

    Parameters
    ----------
    state_dict : mapping of str to Tensor
        Of the trained network. Not changed.

    Returns
    -------
    dict of str to Tensor
        Same names and types; floats hold values that 16 bits represent.

    Raises
    ------
    ModelError
        If a weight is not finite or beyond the range of 16 bits (65504).
    """
    return {name: _rounded(name, tensor) for name, tensor in state_dict.items()}


def _rounded(name: str, tensor: torch.Tensor) -> torch.Tensor:
    if not tensor.is_floating_point():
        return tensor.clone()
    rounded = tensor.half()
    if not bool(torch.isfinite(rounded).all()):
        raise ModelError("weights_beyond_storage", weight=name)
    return rounded.to(tensor.dtype)


def _evaluating_copy(model: SeResNet50) -> SeResNet50:
    frozen = copy.deepcopy(model).cpu().float().eval()
    # A module left training would normalise by the batch, silently, and serve other scores.
    if any(module.training for module in frozen.modules()):
        raise ModelError("network_still_training")
    return frozen


def _torch_outputs(
    model: SeResNet50, images: torch.Tensor
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Logits and Grad-CAM by automatic differentiation: the reference of the closed form."""
    with torch.no_grad():
        feature_map = model.feature_map(images)
    feature_map.requires_grad_(requires_grad=True)
    logits = model.head(feature_map)
    (gradient,) = torch.autograd.grad(logits.sum(), feature_map)
    with torch.no_grad():
        cam = (gradient.mean((2, 3), keepdim=True) * feature_map).sum(1).relu()
    return logits.detach().numpy(), cam.numpy()


def make_graph(stem_gate: StemGate = "after_pool") -> bytes:
    """Write the ONNX graph of the network.

    Parameters
    ----------
    stem_gate : {"after_pool", "before_pool"}
        Place of the first gate.

    Returns
    -------
    bytes
        The same bytes for the same architecture.
    """
    writer = _GraphWriter()
    x = writer.conv_norm("image", "conv1", "bn1", stride=2, padding=3)
    x = writer.node("Relu", x)
    x = (
        writer.gate(writer.pool(x), "se_in")
        if stem_gate == "after_pool"
        else writer.pool(writer.gate(x, "se_in"))
    )
    for group in RESIDUAL_GROUPS:
        for block in range(group.blocks):
            x = writer.bottleneck(x, f"{group.name}.{block}", group, first=block == 0)
    writer.head(x)
    return writer.serialise()


class _GraphWriter:
    """Collects nodes; every method returns the name of the tensor it makes."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []

    def node(
        self, operator: str, *inputs: str, output: str | None = None, **attributes: object
    ) -> str:
        name = output or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def conv_norm(
        self, x: str, convolution: str, norm: str, *, stride: int = 1, padding: int = 0
    ) -> str:
        y = self.node("Conv", x, f"{convolution}.weight", strides=[stride] * 2, pads=[padding] * 4)
        parts = ("weight", "bias", "running_mean", "running_var")
        statistics = [f"{norm}.{part}" for part in parts]
        return self.node("BatchNormalization", y, *statistics, epsilon=BATCH_NORM_EPSILON)

    def pool(self, x: str) -> str:
        return self.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)

    def linear(self, x: str, name: str) -> str:
        return self.node("Gemm", x, f"{name}.weight", f"{name}.bias", transB=1)

    def gate_parts(self, x: str, name: str) -> tuple[str, str, str]:
        """Return the pooled map (n, c), the hidden units (n, c / 16) and the gate (n, c)."""
        pooled = self.node("Flatten", self.node("GlobalAveragePool", x))
        hidden = self.node("Relu", self.linear(pooled, f"{name}.fc1"))
        return pooled, hidden, self.node("Sigmoid", self.linear(hidden, f"{name}.fc2"))

    def gate(self, x: str, name: str) -> str:
        *_, gate = self.gate_parts(x, name)
        return self.node("Mul", x, self.node("Unsqueeze", gate, "axes_map"))

    def bottleneck(self, x: str, name: str, group: ResidualGroup, *, first: bool) -> str:
        stride = group.stride if first else 1
        y = self.node("Relu", self.conv_norm(x, f"{name}.conv1", f"{name}.bn1"))
        y = self.conv_norm(y, f"{name}.conv2", f"{name}.bn2", stride=stride, padding=1)
        y = self.conv_norm(self.node("Relu", y), f"{name}.conv3", f"{name}.bn3")
        if first:
            shortcut = f"{name}.downsample"
            x = self.conv_norm(x, f"{shortcut}.0", f"{shortcut}.1", stride=stride)
        return self.node("Relu", self.node("Add", y, x))

    def head(self, x: str) -> None:
        """Add the gate, the logit, and the activation map in closed form."""
        pooled, hidden, gate = self.gate_parts(x, "se_out")
        features = self.node("Mul", pooled, gate, output="features")
        self.node("Squeeze", self.linear(features, "fc"), "axis_logit", output="logit")
        weighed = self.node("Mul", features, "fc.weight")
        through_gate = self.node("Mul", weighed, self.node("Sub", "one", gate))
        to_hidden = self.node("MatMul", through_gate, "se_out.fc2.weight")
        # The hidden units are non-negative: their sign is 1 where the ReLU lets pass, else 0.
        active = self.node("Mul", to_hidden, self.node("Sign", hidden))
        to_pooled = self.node("MatMul", active, "se_out.fc1.weight")
        gradient = self.node("Add", self.node("Mul", gate, "fc.weight"), to_pooled)
        per_pixel = self.node("Unsqueeze", self.node("Mul", gradient, "per_cell"), "axis_logit")
        cells = self.node("MatMul", per_pixel, self.node("Reshape", x, "shape_cells"))
        self.node("Relu", self.node("Reshape", cells, "shape_map"), output="cam")

    def serialise(self) -> bytes:
        size = [INPUT_SIZE_PX] * 2
        graph = helper.make_graph(
            self.nodes,
            "se_resnet50",
            [
                helper.make_tensor_value_info(
                    "image", TensorProto.FLOAT, ["n", INPUT_CHANNELS, *size]
                )
            ],
            [
                helper.make_tensor_value_info("logit", TensorProto.FLOAT, ["n"]),
                helper.make_tensor_value_info("cam", TensorProto.FLOAT, ["n", MAP_SIZE, MAP_SIZE]),
                helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", FEATURES]),
            ],
            [*_constants(), *map(_external, weight_shapes().items())],
        )
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
        return bytes(model.SerializeToString(deterministic=True))


def _constants() -> list[onnx.TensorProto]:
    """Small tensors that shape and scale; no weight is among them."""
    cells = MAP_SIZE * MAP_SIZE
    return [
        helper.make_tensor("axes_map", TensorProto.INT64, [2], [2, 3]),
        helper.make_tensor("axis_logit", TensorProto.INT64, [1], [1]),
        helper.make_tensor("shape_cells", TensorProto.INT64, [3], [0, FEATURES, cells]),
        helper.make_tensor("shape_map", TensorProto.INT64, [3], [-1, MAP_SIZE, MAP_SIZE]),
        helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0]),
        helper.make_tensor("per_cell", TensorProto.FLOAT, [1], [1.0 / cells]),
    ]


def _external(item: tuple[str, tuple[int, ...]]) -> onnx.TensorProto:
    """Declare a weight whose values come with the session."""
    name, shape = item
    tensor = onnx.TensorProto(name=name, dims=shape, data_type=TensorProto.FLOAT)
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=WEIGHT_LOCATION)
    return tensor
