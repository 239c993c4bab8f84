"""The one place that knows quantizers: from a float32 TFLite file to another precision.

AI Edge Quantizer works on the file that TensorFlow's converter wrote, in milliseconds, and so that tensors keep their
names. docs/decisions/0012 has the figures it was chosen by.
"""

import re
from collections.abc import Iterable, Mapping

# ai-edge-quantizer 0.10.0 uses this module without importing it.
import numpy.typing as npt
from ai_edge_quantizer import qtyping
from ai_edge_quantizer.algorithm_manager import AlgorithmName
from ai_edge_quantizer.calibrator import CalibrationMode, Calibrator
from ai_edge_quantizer.quantizer import Quantizer
from ai_edge_quantizer.recipe_manager import RecipeManager
from ai_edge_quantizer.utils.qsv_utils import min_max_update

from compression.precisions import PRECISIONS, Precision, PrecisionTraits

# Smaller weights stay float32 where only weights are quantized: they save few bytes and cost latency.
FEWEST_WEIGHTS = 1024

_Op = qtyping.TFLOperationName


def quantize(
    float_file: bytes,
    precision: Precision,
    *,
    signature: str,
    sample: Mapping[str, npt.NDArray],
    keep_float: Iterable[str] = (),
) -> bytes:
    """The file at another precision.

    Args:
      float_file: a float32 TFLite file with one signature at batch size 1.
      precision: any but float32.
      signature: of the file.
      sample: `{input: [example, ...]}`, what precisions that need one measure the ranges of activations on.
      keep_float: outputs' names of the operations that stay float32.

    Source: https://ai.google.dev/edge/litert/models/ai_edge_quantizer
    """
    quantizer = Quantizer(float_file)
    recipe, traits = RecipeManager(), PRECISIONS[precision]
    if not traits.quantizes:
        _cast_weights(recipe, traits)
    elif traits.needs_sample:
        _quantize_all(recipe, traits)
    else:
        _quantize_weights(recipe, traits)
    for name in keep_float:
        # The quantizer calls an operation by the names of its outputs, each followed by a semicolon.
        only = f"^{re.escape(name)};$"
        recipe.add_quantization_config(only, _Op.ALL_SUPPORTED, None, AlgorithmName.NO_QUANTIZE)
        if traits.has_integer_ends:
            # And the model's own input or output by the same name as the operation beside it.
            _add_static(recipe, only, _Op.INPUT, traits)
            _add_static(recipe, only, _Op.OUTPUT, traits)
    quantizer.load_quantization_recipe(recipe.get_quantization_recipe())
    ranges = _ranges(float_file, recipe, signature, sample) if quantizer.need_calibration else None
    content = quantizer.quantize(ranges, enable_progress_bar=False, enable_progress_report=False).quantized_model
    return bytes(content)


def _ranges(
    float_file: bytes, recipe: RecipeManager, signature: str, sample: Mapping[str, npt.NDArray]
) -> dict[str, qtyping.QSV]:
    """Least and greatest value of each tensor over the whole sample. The quantizer's own way, a moving average, cuts
    off what few examples reach: outputs come out three to five times further off."""
    calibrator = Calibrator(
        float_file,
        num_threads=1,
        mode=CalibrationMode.CALIBRATION_PRESERVE_ALL_TENSORS,
        qsv_update_func=min_max_update,
    )
    examples = [
        {name: values[index : index + 1] for name, values in sample.items()}
        for index in range(len(next(iter(sample.values()))))
    ]
    calibrator.calibrate({signature: examples}, recipe)
    return calibrator.get_model_qsvs()


def _cast_weights(recipe: RecipeManager, traits: PrecisionTraits) -> None:
    config = qtyping.OpQuantizationConfig(
        weight_tensor_config=qtyping.TensorQuantizationConfig(
            num_bits=traits.weight_bits, dtype=qtyping.TensorDataType.FLOAT
        ),
        compute_precision=qtyping.ComputePrecision.FLOAT,
        explicit_dequantize=True,
    )
    recipe.add_quantization_config(".*", _Op.ALL_SUPPORTED, config, AlgorithmName.FLOAT_CASTING)


def _quantize_weights(recipe: RecipeManager, traits: PrecisionTraits) -> None:
    """Weights of fewer than 8 bits where there is a kernel for them, of 8 elsewhere (depthwise convolutions)."""
    is_narrow = traits.weight_bits < 8
    recipe.add_quantization_config(".*", _Op.ALL_SUPPORTED, _weights(8, 0 if is_narrow else FEWEST_WEIGHTS))
    if is_narrow:
        for op in (_Op.CONV_2D, _Op.FULLY_CONNECTED, _Op.EMBEDDING_LOOKUP):
            recipe.add_quantization_config(".*", op, _weights(traits.weight_bits, 0))


def _weights(bits: int, fewest: int) -> qtyping.OpQuantizationConfig:
    """Weights of so many bits and a scale for each channel; activations are quantized as they come."""
    return qtyping.OpQuantizationConfig(
        weight_tensor_config=qtyping.TensorQuantizationConfig(
            num_bits=bits, symmetric=True, granularity=qtyping.QuantGranularity.CHANNELWISE
        ),
        compute_precision=qtyping.ComputePrecision.INTEGER,
        explicit_dequantize=False,
        min_weight_elements=fewest,
    )


def _quantize_all(recipe: RecipeManager, traits: PrecisionTraits) -> None:
    """Weights, and activations by the ranges of the sample; the model's inputs and outputs where the precision says."""
    _add_static(recipe, ".*", _Op.ALL_SUPPORTED, traits)
    if not traits.has_integer_ends:
        for op in (_Op.INPUT, _Op.OUTPUT):
            recipe.add_quantization_config(".*", op, None, AlgorithmName.NO_QUANTIZE)


def _add_static(recipe: RecipeManager, pattern: str, op: qtyping.TFLOperationName, traits: PrecisionTraits) -> None:
    recipe.add_static_config(
        pattern, op, activation_num_bits=traits.activation_bits, weight_num_bits=traits.weight_bits
    )
