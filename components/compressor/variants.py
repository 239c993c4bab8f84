"""Makes the variants: trains on where a recipe says so, exports and converts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from components.compressor.options import variant_name
from components.compressor.retraining import Retraining
from compression.changes.kernels import layer_kernels
from compression.conversion.convert import SIGNATURE, convert, export_for_conversion
from compression.conversion.layer_errors import layer_errors
from compression.conversion.layer_names import read_layer_names
from compression.files.differences import relative_difference
from compression.files.weights import layer_sparsity
from compression.precisions import Precision
from compression.recipe import Recipe
from records.variants import LayerError, LayerSparsity, variant_file
from serving.tflite import TFLiteModel


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A converted file.

    Attributes:
      difference: difference of its outputs from its source's on the sample: the mean as a share of their standard
        deviation, the largest over the outputs.
      retrained: whether its source is not the trained model itself.
      layer_sparsity: the zeros that the file holds of each kernel.
      layer_errors: errors by layer of a file that was quantized after training; see
        `compression.conversion.layer_errors`.
    """

    name: str
    precision: Precision
    path: Path
    difference: float
    retrained: bool
    layer_sparsity: Sequence[LayerSparsity]
    layer_errors: Sequence[LayerError]


def make_variants(
    variants: Sequence[Precision | Recipe],
    retraining: Retraining,
    sample: Mapping[str, np.ndarray],
    directory: Path,
    *,
    select_ops: Sequence[str] = (),
) -> list[Variant]:
    """Files in `directory`, in the order of `variants`. Those of one source are converted together.

    Args:
      variants: precisions of the trained model as it is, and recipes.
      retraining: source of the models that are converted.
      sample: examples for calibration, and to compare on, `{input: [example, ...]}`.
      directory: folder for the files.
      select_ops: see `compression.conversion.convert.convert`.

    Raises:
      ConversionError: a variant could not be made.
      LayerPatternError: a pattern of a recipe fits no layer.
      StudentError: a student cannot take the trained model's place.
    """
    by_source: dict[str, list[Precision | Recipe]] = {}
    for variant in variants:
        source = {} if isinstance(variant, str) else variant.source()
        by_source.setdefault(json.dumps(source), []).append(variant)
    made: dict[str, Variant] = {}
    for number, alike in enumerate(by_source.values()):
        saved_model = directory / f"saved_model_{number}"
        made |= _make_from_source(alike, retraining, sample, directory, saved_model=saved_model, select_ops=select_ops)
    return [made[name] for name in map(variant_name, variants)]


def _make_from_source(
    variants: Sequence[Precision | Recipe],
    retraining: Retraining,
    sample: Mapping[str, np.ndarray],
    directory: Path,
    *,
    saved_model: Path,
    select_ops: Sequence[str],
) -> dict[str, Variant]:
    """Variants of one source, by name."""
    recipe = next((variant for variant in variants if isinstance(variant, Recipe) and variant.retrains), None)
    source = retraining.source(recipe)
    export_for_conversion(source, saved_model)
    float_file = _convert_all(variants, sample, directory, saved_model=saved_model, select_ops=select_ops)
    layers = read_layer_names(saved_model)
    kernels = {layer: kernel.numpy() for layer, kernel in layer_kernels(source).items()}
    made = {}
    for variant in variants:
        name, precision = variant_name(variant), _precision(variant)
        path = directory / variant_file(name)
        errors: list[LayerError] = []
        if precision != "float32" and float_file is not None:
            errors = layer_errors(float_file, path, sample, layers=layers, signature=SIGNATURE)
        made[name] = Variant(
            name=name,
            precision=precision,
            path=path,
            difference=difference(source, path, sample),
            retrained=recipe is not None,
            layer_sparsity=layer_sparsity(path, kernels),
            layer_errors=errors,
        )
    return made


def _convert_all(
    variants: Sequence[Precision | Recipe],
    sample: Mapping[str, np.ndarray],
    directory: Path,
    *,
    saved_model: Path,
    select_ops: Sequence[str],
) -> Path | None:
    """Writes the files, those that keep the same layers in float32 together. Returns the float32 file that they were
    made of, shipped or not; none of a quantization-aware source."""
    float_file = saved_model.with_suffix(".tflite")
    is_aware = any(isinstance(variant, Recipe) and variant.quantize_aware is not None for variant in variants)
    by_kept: dict[tuple[str, ...], dict[Precision, Path]] = {}
    for variant in variants:
        kept = () if isinstance(variant, str) else variant.keep_float
        paths = by_kept.setdefault(kept, {} if is_aware else {"float32": float_file})
        paths[_precision(variant)] = directory / variant_file(variant_name(variant))
        float_file = paths.get("float32", float_file)
    for kept, paths in by_kept.items():
        convert(
            saved_model,
            paths,
            representative_sample=sample,
            keep_float=kept,
            select_ops=select_ops,
            quantization_aware=is_aware,
        )
    return None if is_aware else float_file


def _precision(variant: Precision | Recipe) -> Precision:
    return variant if isinstance(variant, str) else variant.precision


def difference(source: keras.Model, path: Path, sample: Mapping[str, np.ndarray]) -> float:
    """See `Variant.difference`."""
    outputs = TFLiteModel(path).predict(sample)
    expected = source({name: tf.constant(values) for name, values in sample.items()}, training=False)
    return max(relative_difference(outputs.get(name), value.numpy()) for name, value in expected.items())
