"""The one place that knows quantizers: from a float32 TFLite file to another precision.

AI Edge Quantizer works on the file that TensorFlow's converter wrote, in milliseconds, and so that tensors keep their
names. docs/decisions/0012 has the figures it was chosen by.
"""

import re
from collections.abc import Callable, Iterable, Mapping

# ai-edge-quantizer 0.10.0 uses this module without importing it.
import numpy.typing as npt
from ai_edge_quantizer import qtyping
from ai_edge_quantizer.algorithm_manager import AlgorithmName
from ai_edge_quantizer.calibrator import CalibrationMode, Calibrator
from ai_edge_quantizer.quantizer import Quantizer
from ai_edge_quantizer.recipe_manager import RecipeManager
from ai_edge_quantizer.utils.qsv_utils import min_max_update

# Smaller weights stay float32 where only weights are quantized: they save few bytes and cost latency.
FEWEST_WEIGHTS = 1024

_Op = qtyping.TFLOperationName


def quantize(
    float_file: bytes,
    precision: str,
    *,
    signature: str,
    sample: Mapping[str, npt.NDArray],
    keep_float: Iterable[str] = (),
) -> bytes:
    """The file at another precision.

    Args:
      float_file: a float32 TFLite file with one signature at batch size 1.
      precision: `float16`, `dynamic`, `int4`, `int8` or `int16x8`.
      signature: of the file.
      sample: `{input: [example, ...]}`, what int8 and int16x8 measure the ranges of activations on.
      keep_float: outputs' names of the operations that stay float32.

    Source: https://ai.google.dev/edge/litert/models/ai_edge_quantizer
    """
    quantizer = Quantizer(float_file)
    recipe = RecipeManager()
    _RECIPES[precision](recipe)
    for name in keep_float:
        # The quantizer calls an operation by the names of its outputs, each followed by a semicolon.
        only = f"^{re.escape(name)};$"
        recipe.add_quantization_config(only, _Op.ALL_SUPPORTED, None, AlgorithmName.NO_QUANTIZE)
        if precision == "int8":
            # And the model's own input or output by the same name as the operation beside it.
            recipe.add_static_config(only, _Op.INPUT, activation_num_bits=8, weight_num_bits=8)
            recipe.add_static_config(only, _Op.OUTPUT, activation_num_bits=8, weight_num_bits=8)
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


def _float16(recipe: RecipeManager) -> None:
    config = qtyping.OpQuantizationConfig(
        weight_tensor_config=qtyping.TensorQuantizationConfig(num_bits=16, dtype=qtyping.TensorDataType.FLOAT),
        compute_precision=qtyping.ComputePrecision.FLOAT,
        explicit_dequantize=True,
    )
    recipe.add_quantization_config(".*", _Op.ALL_SUPPORTED, config, AlgorithmName.FLOAT_CASTING)


def _dynamic(recipe: RecipeManager) -> None:
    recipe.add_quantization_config(".*", _Op.ALL_SUPPORTED, _weights(8, FEWEST_WEIGHTS))


def _int4(recipe: RecipeManager) -> None:
    """Weights of 4 bits where there is a kernel for them, of 8 elsewhere (depthwise convolutions)."""
    recipe.add_quantization_config(".*", _Op.ALL_SUPPORTED, _weights(8, 0))
    for op in (_Op.CONV_2D, _Op.FULLY_CONNECTED, _Op.EMBEDDING_LOOKUP):
        recipe.add_quantization_config(".*", op, _weights(4, 0))


def _int8(recipe: RecipeManager) -> None:
    recipe.add_static_config(".*", _Op.ALL_SUPPORTED, activation_num_bits=8, weight_num_bits=8)


def _int16x8(recipe: RecipeManager) -> None:
    recipe.add_static_config(".*", _Op.ALL_SUPPORTED, activation_num_bits=16, weight_num_bits=8)
    for op in (_Op.INPUT, _Op.OUTPUT):
        recipe.add_quantization_config(".*", op, None, AlgorithmName.NO_QUANTIZE)


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


_RECIPES: dict[str, Callable[[RecipeManager], None]] = {
    "float16": _float16,
    "dynamic": _dynamic,
    "int4": _int4,
    "int8": _int8,
    "int16x8": _int16x8,
}
