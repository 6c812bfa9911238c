import hashlib

import onnx
import pytest

from dlcs_core.network.architecture import VARIANT_BY_GRAPH, weight_shapes
from dlcs_core.network.graph import make_graph


@pytest.mark.parametrize("stem_gate", ["after_pool", "before_pool"])
@pytest.mark.parametrize("input_scaling", ["window", "soft_tissue"])
def test_graph_is_the_one_that_bundles_are_verified_against(stem_gate, input_scaling):
    sha256 = hashlib.sha256(make_graph(stem_gate, input_scaling)).hexdigest()
    assert VARIANT_BY_GRAPH[sha256] == (stem_gate, input_scaling)


def test_graph_asks_for_exactly_the_weights_of_the_state_dict():
    graph = onnx.load_from_string(make_graph()).graph
    external = [t for t in graph.initializer if t.data_location == onnx.TensorProto.EXTERNAL]
    assert {t.name: tuple(t.dims) for t in external} == weight_shapes()


def test_graph_carries_no_weight_itself():
    assert len(make_graph()) < 50_000
