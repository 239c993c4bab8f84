"""Where quantization hurts: each layer's output in a quantized file against the same layer's in the float32 file."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

# ai-edge-quantizer 0.10.0 uses this module without importing it.
import numpy.typing as npt
from ai_edge_quantizer.model_validator import compare_model
from ai_edge_quantizer.utils.validation_utils import ValidationErrorMetric

from compression.conversion.layer_names import LayerNames
from compression.files.file_ops import read_operations, select_ops
from records.variants import LayerError

# Run one by one, with every intermediate tensor kept.
EXAMPLES = 8


def layer_errors(
    float_file: str | os.PathLike[str],
    quantized_file: str | os.PathLike[str],
    sample: Mapping[str, npt.NDArray],
    *,
    layers: LayerNames,
    signature: str,
) -> list[LayerError]:
    """The error of each layer, the worst first.

    The error is the root of the mean squared difference of the layer's output, over that of the float32 output itself;
    what earlier layers did wrong is part of it. A layer of several operations counts by the worst. Operations that
    belong to no layer go by their own names.

    Args:
      float_file: with the same tensors' names.
      quantized_file: made of it.
      sample: `{input: [example, ...]}`, of which the first few are run.
      layers: what the float32 file's operations belong to.
      signature: of both files.

    Returns:
      Nothing where a file has select ops, which the runtime that compares cannot run.
    """
    reference, target = Path(float_file).read_bytes(), Path(quantized_file).read_bytes()
    if select_ops(reference):
        return []
    count = min(EXAMPLES, *(len(values) for values in sample.values()))
    examples = [{name: values[index : index + 1] for name, values in sample.items()} for index in range(count)]
    compared = compare_model(
        reference,
        target,
        {signature: examples},
        # Only a key here; what is computed is the next argument.
        [ValidationErrorMetric.MSE],
        compare_fns=[relative_error],
        # A delegate would keep intermediate tensors to itself.
        use_xnnpack=False,
        num_threads=1,
    ).get_signature_comparison_result(signature)
    errors = {
        name: values[ValidationErrorMetric.MSE.value]
        for tensors in (compared.intermediate_tensors, compared.output_tensors)
        for name, values in tensors.items()
    }
    worst: dict[str, float] = {}
    for operation in read_operations(reference):
        found = [errors[name] for name in operation.outputs if name in errors]
        if found:
            layer = next(iter(layers.of_operation(operation.outputs)), operation.outputs[0])
            worst[layer] = max(*found, worst.get(layer, 0.0))
    return [LayerError(layer=layer, error=worst[layer]) for layer in sorted(worst, key=lambda layer: -worst[layer])]


def relative_error(received: npt.ArrayLike, expected: npt.ArrayLike) -> float:
    """Root mean squared difference over root mean square; both zero is no error."""
    differences = np.subtract(received, expected, dtype=np.float64)
    size = float(np.sqrt(np.mean(np.square(np.asarray(expected, np.float64)))))
    return float(np.sqrt(np.mean(np.square(differences)))) / max(size, 1e-12)
