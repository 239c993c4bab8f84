"""The weights in a TFLite file."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from records.variants import LayerSparsity

# Of a kernel and what became of it in a file: rounding to 4 bits leaves more, another layer's kernel far less.
_SAME_COSINE = 0.9


def count_weights(path: str | os.PathLike[str]) -> tuple[int, int]:
    """(weights, those that are not zero) among a file's constants; shapes, axes and paddings are no weights."""
    count = nonzero = 0
    for values, _ in _constants(path):
        count += values.size
        nonzero += int(np.count_nonzero(values))
    return count, nonzero


def layer_sparsity(path: str | os.PathLike[str], kernels: Mapping[str, np.ndarray]) -> list[LayerSparsity]:
    """The zeros of each kernel in a file that was made of them, the rounding of small weights to zero included.

    A converter gives constants names of its own, so that a kernel is found by its values.

    Args:
      path: of the file.
      kernels: by layer, `[..., outputs]`, of the model that was converted.

    Returns:
      In the order of the kernels; without those that the converter took apart.
    """
    constants = [(values, _real(values, quantization)) for values, quantization in _constants(path)]
    found = []
    for layer, kernel in kernels.items():
        scores = [max(_cosine(real, order) for order in _orders(kernel)) for _, real in constants]
        best = int(np.argmax(scores)) if scores else 0
        if not scores or scores[best] < _SAME_COSINE:
            continue
        values, _ = constants.pop(best)
        sparsity = 1 - np.count_nonzero(values) / values.size
        found.append(LayerSparsity(layer=layer, sparsity=float(sparsity), weights=values.size))
    return found


def _constants(path: str | os.PathLike[str]) -> Iterator[tuple[np.ndarray, Mapping[str, Any]]]:
    """(values, how they are quantized). A weight's zero point is zero: its quantization is symmetric."""
    # Delegates may take constants away, and turn sparse ones into dense ones.
    interpreter = Interpreter(
        model_path=os.fspath(path), experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    computed = {index for op in interpreter._get_ops_details() for index in op["outputs"]}
    computed |= {detail["index"] for detail in interpreter.get_input_details()}
    for tensor in interpreter.get_tensor_details():
        quantization = tensor["quantization_parameters"]
        is_real = np.issubdtype(tensor["dtype"], np.floating) or len(quantization["scales"])
        if tensor["index"] not in computed and is_real:
            yield interpreter.get_tensor(tensor["index"]), quantization


def _real(values: np.ndarray, quantization: Mapping[str, Any]) -> np.ndarray:
    scales = quantization["scales"]
    if len(scales) > 1:
        shape = np.ones(values.ndim, int)
        shape[quantization["quantized_dimension"]] = len(scales)
        scales = scales.reshape(shape)
    return values.astype(np.float32) * (scales if len(scales) else 1)


def _orders(kernel: np.ndarray) -> Iterator[np.ndarray]:
    """A kernel's weights as a file may hold them: outputs first, or last as Keras does."""
    yield np.moveaxis(kernel, -1, 0).ravel()
    yield kernel.ravel()


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    if one.size != other.size:
        return 0.0
    norms = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
    if not norms:
        # Zeros alone are alike.
        return float(not one.any() and not other.any())
    return float(np.dot(one.ravel(), other)) / norms
