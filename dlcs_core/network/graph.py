"""The ONNX graph of the network, written node by node.

It is not traced from torch. So it is a pure function of the architecture, byte for byte the same
for every training run: a bundle's graph is verified by its hash. Its weights keep the names of
the state dict (an exporter may fold the batch norms into the convolutions), so all folds share
one graph. They are external initializers, handed over when a session is made.
"""

from typing import Any

import onnx
from onnx import TensorProto, helper

from dlcs_core.network.architecture import (
    BATCH_NORM_EPSILON,
    FEATURES,
    IMAGENET_DEVIATION,
    IMAGENET_MEAN,
    INPUT_CHANNELS,
    INPUT_SIZE_PX,
    MAP_SIZE,
    RESIDUAL_GROUPS,
    SOFT_TISSUE_FLOOR,
    InputScaling,
    NetworkVariant,
    ResidualGroup,
    weight_shapes,
)

OPSET = 17
"""Version of the ONNX operator set; fixed, as it is part of the graph's bytes."""

IR_VERSION = 8
"""Version of the ONNX file format that goes with the operator set."""

WEIGHT_LOCATION = "handed-over-in-memory"
"""Stands where ONNX expects a file name. No such file exists: without weights nothing loads."""


DEFAULT_VARIANT = NetworkVariant()


def make_graph(variant: NetworkVariant = DEFAULT_VARIANT) -> bytes:
    """Write the ONNX graph of the network.

    Parameters
    ----------
    variant : NetworkVariant
        What the paper leaves open.

    Returns
    -------
    bytes
        The same bytes for the same architecture.
    """
    writer = _GraphWriter(variant.reduction)
    x = writer.scaled("image", variant.input_scaling)
    x = writer.conv_norm(x, "conv1", "bn1", stride=2, padding=3)
    x = writer.node("Relu", x)
    x = (
        writer.gate(writer.pool(x), "se_in")
        if variant.stem_gate == "after_pool"
        else writer.pool(writer.gate(x, "se_in"))
    )
    for group in RESIDUAL_GROUPS:
        for block in range(group.blocks):
            x = writer.bottleneck(x, f"{group.name}.{block}", group, first=block == 0)
    writer.head(x)
    return writer.serialise()


class _GraphWriter:
    """Collects nodes; every method returns the name of the tensor it makes."""

    def __init__(self, reduction: int) -> None:
        self.reduction = reduction
        self.nodes: list[onnx.NodeProto] = []
        self.constants = _constants()

    def scaled(self, x: str, scaling: InputScaling) -> str:
        """Bring the image to what the first convolution sees."""
        if scaling == "soft_tissue":
            return self.centred(x)
        if scaling == "imagenet":
            self.constants += _imagenet_constants()
            return self.node("Div", self.node("Sub", x, "imagenet_mean"), "imagenet_deviation")
        return x

    def centred(self, x: str) -> str:
        """Take off the mean of soft tissue; see ``architecture.InputScaling``."""
        self.constants += _centring_constants()
        bright = self.node("Greater", x, "soft_tissue_floor")
        tissue = self.node("Cast", bright, to=TensorProto.FLOAT)
        total = self.node("ReduceSum", self.node("Mul", x, tissue), "axes_image")
        count = self.node("Max", self.node("ReduceSum", tissue, "axes_image"), "one")
        centred = self.node("Sub", x, self.node("Div", total, count))
        return self.node("Mul", centred, self.node("Sign", x))

    def node(
        self, operator: str, *inputs: str, output: str | None = None, **attributes: Any
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
        graph = helper.make_graph(
            self.nodes,
            "se_resnet50",
            [_value("image", "n", INPUT_CHANNELS, INPUT_SIZE_PX, INPUT_SIZE_PX)],
            [
                _value("logit", "n"),
                _value("cam", "n", MAP_SIZE, MAP_SIZE),
                _value("features", "n", FEATURES),
            ],
            [*self.constants, *map(_external, weight_shapes(self.reduction).items())],
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


def _centring_constants() -> list[onnx.TensorProto]:
    return [
        helper.make_tensor("soft_tissue_floor", TensorProto.FLOAT, [1], [SOFT_TISSUE_FLOOR]),
        helper.make_tensor("axes_image", TensorProto.INT64, [3], [1, 2, 3]),
    ]


def _imagenet_constants() -> list[onnx.TensorProto]:
    shape = [1, INPUT_CHANNELS, 1, 1]
    return [
        helper.make_tensor("imagenet_mean", TensorProto.FLOAT, shape, IMAGENET_MEAN),
        helper.make_tensor("imagenet_deviation", TensorProto.FLOAT, shape, IMAGENET_DEVIATION),
    ]


def _external(item: tuple[str, tuple[int, ...]]) -> onnx.TensorProto:
    """Declare a weight whose values come with the session."""
    name, shape = item
    tensor = onnx.TensorProto(name=name, dims=shape, data_type=TensorProto.FLOAT)
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=WEIGHT_LOCATION)
    return tensor


def _value(name: str, *shape: int | str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
