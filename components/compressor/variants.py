"""Makes the variants: trains on where a recipe says so, exports and converts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from components.compressor.retraining import Retraining
from compression.convert import convert, export_for_conversion
from compression.differences import relative_difference
from compression.pruning import layer_kernels
from compression.recipe import Precision, Recipe
from compression.weights import LayerSparsity, layer_sparsity
from serving.tflite import TFLiteModel


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A converted file.

    Attributes:
      difference: of its outputs from its source's on the sample, the mean as a share of their standard deviation, the
        largest over the outputs.
      retrained: whether its source is not the trained model itself.
      layer_sparsity: the zeros that the file holds of each kernel.
    """

    name: str
    precision: Precision
    path: Path
    difference: float
    retrained: bool
    layer_sparsity: Sequence[LayerSparsity]


def read_variants(variants: Sequence[str | Mapping[str, Any]]) -> list[str | Recipe]:
    """The config's `compress.variants`, out of its JSON: a precision each, or a recipe."""
    return [variant if isinstance(variant, str) else Recipe.model_validate(variant) for variant in variants]


def variant_names(variants: Sequence[str | Recipe]) -> list[str]:
    """What the variants and their files are called."""
    return [variant if isinstance(variant, str) else variant.name for variant in variants]


def make_variants(
    variants: Sequence[str | Recipe], retraining: Retraining, sample: Mapping[str, np.ndarray], directory: Path
) -> list[Variant]:
    """Files in `directory`, in the order of `variants`. Those of one source are converted together.

    Args:
      variants: precisions of the trained model as it is, and recipes.
      retraining: gives what is converted.
      sample: for calibration, and to compare on, `{input: [example, ...]}`.
      directory: for the files.

    Raises:
      ConversionError: a variant could not be made.
      PruningPatternError: a pattern of a recipe fits no layer.
      StudentError: a student cannot take the trained model's place.
    """
    by_source: dict[str, list[str | Recipe]] = {}
    for variant in variants:
        source = None if isinstance(variant, str) else variant.source()
        by_source.setdefault(json.dumps(source), []).append(variant)
    made: dict[str, Variant] = {}
    for number, alike in enumerate(by_source.values()):
        made |= _converted(alike, retraining, sample, directory, saved_model=directory / f"saved_model_{number}")
    return [made[name] for name in variant_names(variants)]


def _converted(
    variants: Sequence[str | Recipe],
    retraining: Retraining,
    sample: Mapping[str, np.ndarray],
    directory: Path,
    *,
    saved_model: Path,
) -> dict[str, Variant]:
    """Variants of one source, by name."""
    recipe = None if isinstance(variants[0], str) else variants[0]
    source = retraining.source(recipe)
    export_for_conversion(source, saved_model)
    names = variant_names(variants)
    precisions = [variant if isinstance(variant, str) else variant.precision for variant in variants]
    paths = [directory / f"{name}.tflite" for name in names]
    convert(
        saved_model,
        dict(zip(precisions, paths, strict=True)),
        representative_sample=sample,
        quantization_aware=recipe is not None and recipe.quantize_aware is not None,
    )
    kernels = {layer: kernel.numpy() for layer, kernel in layer_kernels(source).items()}
    return {
        name: Variant(
            name=name,
            precision=precision,
            path=path,
            difference=difference(source, path, sample),
            retrained=recipe is not None,
            layer_sparsity=layer_sparsity(path, kernels),
        )
        for name, precision, path in zip(names, precisions, paths, strict=True)
    }


def difference(source: keras.Model, path: Path, sample: Mapping[str, np.ndarray]) -> float:
    """See `Variant.difference`."""
    outputs = TFLiteModel(path).predict(sample)
    expected = source({name: tf.constant(values) for name, values in sample.items()}, training=False)
    return max(relative_difference(outputs.get(name), value.numpy()) for name, value in expected.items())
