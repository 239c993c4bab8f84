"""The weights in a TFLite file."""

import os

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType


def count_weights(path: str | os.PathLike[str]) -> tuple[int, int]:
    """(weights, those that are not zero) among a file's constants; shapes, axes and paddings are no weights."""
    # Delegates may take constants away, and turn sparse ones into dense ones.
    interpreter = Interpreter(
        model_path=os.fspath(path), experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    computed = {index for op in interpreter._get_ops_details() for index in op["outputs"]}
    computed |= {detail["index"] for detail in interpreter.get_input_details()}
    count = nonzero = 0
    for tensor in interpreter.get_tensor_details():
        is_real = np.issubdtype(tensor["dtype"], np.floating) or len(tensor["quantization_parameters"]["scales"])
        if tensor["index"] in computed or not is_real:
            continue
        values = interpreter.get_tensor(tensor["index"])
        # A weight's zero point is zero: its quantization is symmetric.
        count += values.size
        nonzero += int(np.count_nonzero(values))
    return count, nonzero
