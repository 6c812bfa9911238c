"""Every ONNX graph that this program writes, by SHA-256: what a bundle may bring.

The graph is a pure function of the architecture (:func:`dlcs_core.network.graph.make_graph`), so
a bundle that brings another one is refused without looking into it. A test writes all of them
again. Known without torch and without onnx, so that a bundle can be verified anywhere.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from dlcs_core.network.architecture import InputScaling, NetworkVariant, StemGate

_GRAPHS = """
86631229f7a83fd227452ed237cbd4458aacd01675fc7346d99f7bb3b601d3e1 after_pool window 4
a6d0193370fd526bd8e92019a04862b2d35ed060214fbf2200e9b8110d9689ea before_pool window 4
e1336c3c382ae09665be4d88d9c53536de85018b6e867ab090fb4e2e5b355d74 after_pool soft_tissue 4
957e3a2c27524d0ea86da511f671dc2109fac4715dabefa0191ef9dd0bdb732a before_pool soft_tissue 4
742d387feac221569b9d1472e8f0a9141e0394668995b815b9e74db356633e89 after_pool imagenet 4
555cc6b9a0bc496772ab1e5a75afefe7ed146a61a54f1fd273efde601d06cfd7 before_pool imagenet 4
343182f06a9e2061bdf58f69f803f1298bc4f6dd48aaf9759dc289c9f18a161b after_pool window 8
34227ed9a7e0aa1aad5ed4e7a999d409c196c118e48c803e6d6adce8aecd797b before_pool window 8
9e718c8852ec4279a8f687b041ed634e83754ff447af29a00cfcb7a225e26630 after_pool soft_tissue 8
12edf0f770c87800fe9a5d1759c0f0ece87b98e2ee76d4c1f38fc577a06df3bb before_pool soft_tissue 8
b650bd2286e5e718f2c0d72d1dded89fb3e744e2b7c1648a42033baded9208ad after_pool imagenet 8
62297f7188b23369ef8f96bbfa72b7c356806602e1b3b7572a9cd4e356cdf6d0 before_pool imagenet 8
bd83d3793ce3ec51b27974537f6e852b108c029c2e8f66fe4c5244f2ace9b9eb after_pool window 16
2c3ca3c01cce042941145c4e6387d1b1c0dc6eaa2bf77aff0128235664c07ee9 before_pool window 16
ff759952e20e9bbaa5a58991d02e73a3995215380dc806b325eb598bd108e566 after_pool soft_tissue 16
9e71bdccba1a5e2476dec73beab9097dffb9156c202b33e5fa8751e9aa699693 before_pool soft_tissue 16
c7af51b5603fb7df4dd7bc6ee9e091ac942ef6577fc8e59da9c42c2f57c7ddfa after_pool imagenet 16
5a4be7ef45b7986e386da7eb287f7bf7a64b3cb72e14b0ab5f0b8c63a738701f before_pool imagenet 16
80bb058d3209896e5ff08d6f5b60e5184610be3f47244f90c040f68ecc74009a after_pool window 32
49e5c66b579c67d67157d49a1869981c27a1de7d668aea6c93536a771a9f3978 before_pool window 32
a05ec3d31d426f0f4f50d974bca5f8c64766b17abe847abda51ed05f68f74fc7 after_pool soft_tissue 32
91d8a01fbf8fe3add8659d6daa4473f7fe71a1637eccb82995cd34ded88d019b before_pool soft_tissue 32
eda8eae0045019770a0c13e0155b97a6d59eaf2b619035553c2e8ff70b22884f after_pool imagenet 32
7fb8a272c8bee9ee4fa52b15608d5aec80cbdee15f73350c667435e671a73433 before_pool imagenet 32
"""
"""SHA-256, place of the first gate, input scaling, reduction of the gates."""


def _variant(stem_gate: str, input_scaling: str, reduction: str) -> NetworkVariant:
    return NetworkVariant(
        cast("StemGate", stem_gate), cast("InputScaling", input_scaling), int(reduction)
    )


VARIANT_BY_GRAPH: Mapping[str, NetworkVariant] = MappingProxyType(
    {sha256: _variant(*rest) for sha256, *rest in map(str.split, _GRAPHS.strip().splitlines())}
)
"""What each graph is, by its SHA-256."""
