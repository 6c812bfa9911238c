import hashlib
import itertools
from typing import get_args

import onnx
import pytest

from dlcs_core.network.architecture import (
    SE_REDUCTIONS,
    InputScaling,
    NetworkVariant,
    StemGate,
    weight_shapes,
)
from dlcs_core.network.graph import make_graph
from dlcs_core.network.variants import VARIANT_BY_GRAPH

EVERY_VARIANT = [
    NetworkVariant(*options)
    for options in itertools.product(get_args(StemGate), get_args(InputScaling), SE_REDUCTIONS)
]


@pytest.mark.parametrize("variant", EVERY_VARIANT, ids=str)
def test_graph_is_the_one_that_bundles_are_verified_against(variant):
    sha256 = hashlib.sha256(make_graph(variant)).hexdigest()
    assert VARIANT_BY_GRAPH[sha256] == variant


def test_no_other_graph_is_trusted():
    assert len(VARIANT_BY_GRAPH) == len(EVERY_VARIANT)


@pytest.mark.parametrize("reduction", SE_REDUCTIONS)
def test_graph_asks_for_exactly_the_weights_of_the_state_dict(reduction):
    variant = NetworkVariant(reduction=reduction)
    graph = onnx.load_from_string(make_graph(variant)).graph
    external = [t for t in graph.initializer if t.data_location == onnx.TensorProto.EXTERNAL]
    assert {t.name: tuple(t.dims) for t in external} == weight_shapes(reduction)


def test_graph_carries_no_weight_itself():
    assert len(make_graph()) < 50_000
