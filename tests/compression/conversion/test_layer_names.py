"""Which layer an operation is of, by the names that TensorFlow and its converter make."""

import pytest

from compression.conversion.layer_names import LayerNames

NAMES = LayerNames(
    scopes={"net_1/conv2d_1": "conv2d", "net_1/conv2d_1_2": "conv2d_1", "net_1/relu_1": "relu", "net_1/in_1": "in",
            "net_1/in_1/b_1": "in/b"},
    outputs={"StatefulPartitionedCall:0": "net_1/conv2d_1_2/BiasAdd"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("tensor", "layers"),
    [
        ("net_1/conv2d_1/BiasAdd", ["conv2d"]),
        ("net_1/conv2d_1_2/BiasAdd", ["conv2d_1"]),
        ("net_1/relu_1/Relu;net_1/conv2d_1/BiasAdd;net_1/conv2d_1/convolution", ["conv2d", "relu"]),
        ("net_1/in_1/b_1/MatMul", ["in/b", "in"]),
        ("StatefulPartitionedCall:0", ["conv2d_1"]),
        ("net_1/Reshape", []),
    ],
)
def test_the_kernels_layer_comes_first_then_what_is_fused_into_it_and_what_holds_it(tensor, layers):
    assert NAMES.of_tensor(tensor) == layers
