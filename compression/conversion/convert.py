"""From a Keras model to TFLite files: validate before, convert, validate after.

    export_for_conversion(model, "saved_model")
    convert("saved_model", {"float32": "a.tflite", "int8": "b.tflite"}, representative_sample={"image": images})

The conversion runs in a process of its own: TensorFlow 2.16's converter aborts on some graphs, and that of any version
may run out of memory or time.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from compression.conversion.checks import (
    check_file,
    check_inputs,
    check_sample,
    check_weights,
    warn_of_float_operations,
)
from compression.conversion.errors import ConversionError
from compression.conversion.layer_names import LayerNames, read_layer_names, write_layer_names
from compression.conversion.layer_scopes import record_scopes
from compression.conversion.process import run_worker
from compression.conversion.request import SAMPLE_FILE, ConversionRequest
from compression.conversion.signature import read_signature
from compression.layer_patterns import match_paths
from compression.precisions import PRECISIONS, Precision
from records.stores import is_uri

__all__ = ["SIGNATURE", "ConversionError", "convert", "export_for_conversion"]

SIGNATURE = "predict"


def export_for_conversion(model: keras.Model, directory: str | os.PathLike[str]) -> None:
    """Writes a SavedModel with the signature `predict` at batch size 1, inputs and outputs named as the model's.

    XNNPACK takes a graph as a whole only if its shapes are static; the batch is widened again when the file is run.
    Which layer each operation belongs to is written beside the graph.

    Args:
      model: a functional model, `{input: [batch, ...]}` to `{output: [batch, ...]}`.
      directory: of the SavedModel.

    Raises:
      ConversionError: the model's outputs have no names.
    """
    operations: dict[str, str] = {}

    @tf.function
    def predict(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs = model(inputs, training=False)
        if isinstance(outputs, Mapping):
            # The converter numbers the outputs in the order of their names.
            for number, name in enumerate(sorted(outputs)):
                operations[f"StatefulPartitionedCall:{number}"] = outputs[name].op.name
        return outputs

    specs = {
        tensor.name: tf.TensorSpec([1, *tensor.shape[1:]], tensor.dtype, name=tensor.name) for tensor in model.inputs
    }
    with record_scopes(model) as scopes:
        outputs = predict.get_concrete_function(**specs).structured_outputs
    if not isinstance(outputs, Mapping):
        raise ConversionError(
            f"a model must give a dictionary of outputs, whose keys name the file's. Received: {outputs}. "
            "Build it as keras.Model(inputs, {name: output})."
        )
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(SIGNATURE, predict)
    archive.write_out(os.fspath(directory), verbose=False)
    write_layer_names(directory, LayerNames(scopes=scopes, outputs=operations))


def convert(
    saved_model_dir: str | os.PathLike[str],
    destinations: Mapping[Precision, str | os.PathLike[str]],
    *,
    signature: str = SIGNATURE,
    representative_sample: Mapping[str, np.ndarray] | None = None,
    keep_float: Sequence[str] = (),
    select_ops: Sequence[str] = (),
    quantization_aware: bool = False,
    timeout_secs: float = 600.0,
) -> None:
    """Converts one signature once for each precision, all in one process.

    Inputs and outputs are float32, but for `int8`, which quantizes these too. `dynamic` (range) has weights of 8 bits,
    `int4` of 4, and both quantize activations as they come; `int16x8` has weights of 8 bits and activations of 16.

    Args:
      saved_model_dir: a SavedModel whose signature has batch size 1, such as `export_for_conversion` writes.
      destinations: a file for each precision. None is written unless all could be converted, and none in part.
      signature: what to convert.
      representative_sample: `{input: [example, ...]}`, what the ranges of int8 and int16x8 are measured on.
      keep_float: patterns of the paths of layers that stay float32 in every file.
      select_ops: TensorFlow's ops, such as `tf.Svd`, that may be in the files though TFLite has no kernel for them;
        such a file runs only where the Flex delegate is.
      quantization_aware: the graph holds fake-quantization nodes, which say how int8 is computed; it needs no sample.
      timeout_secs: after which the conversion is given up.

    Raises:
      ConversionError: names what was wrong: an input, a weight that is NaN, a missing sample, an op that TFLite lacks,
        a crash of the converter.
      LayerPatternError: a pattern of `keep_float` fits no layer.
    """
    unknown = sorted(set(destinations) - set(PRECISIONS))
    if unknown or not destinations:
        raise ConversionError(
            f"precisions must be of {', '.join(PRECISIONS)}. Received: {', '.join(unknown) or 'none'}. Name others."
        )
    if quantization_aware and (set(destinations) != {"int8"} or keep_float):
        raise ConversionError(
            f"a graph with fake-quantization nodes is converted to int8, as the nodes say. Received: "
            f"{', '.join(destinations)}, keep_float={list(keep_float)}. Name int8 alone."
        )
    for place in (saved_model_dir, *destinations.values()):
        if is_uri(os.fspath(place)):
            raise ConversionError(f"models are converted on this machine. Received: {place}. Copy it here, or back.")
    found = read_signature(saved_model_dir, signature)
    check_inputs(found)
    check_weights(saved_model_dir)
    needs_sample = not quantization_aware and any(PRECISIONS[precision].needs_sample for precision in destinations)
    sample = check_sample(found, representative_sample) if needs_sample else {}
    layers = read_layer_names(saved_model_dir)
    match_paths(layers.layers(), keep_float, option="keep_float", what="a layer")
    request = ConversionRequest(
        saved_model=str(Path(saved_model_dir).resolve()),
        signature=signature,
        precisions=tuple(destinations),
        keep_float=tuple(keep_float),
        select_ops=tuple(select_ops),
        quantization_aware=quantization_aware,
    )

    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        # Any, because NumPy 2's own option stands among the names.
        arrays: dict[str, Any] = {**sample}
        np.savez(directory / SAMPLE_FILE, **arrays)
        run_worker(request, directory, layers, timeout_secs=timeout_secs)
        for precision in destinations:
            check_file(directory / f"{precision}.tflite", precision, found)
        if "int8" in destinations and not keep_float:
            warn_of_float_operations(directory / "int8.tflite")
        for precision, destination in destinations.items():
            _place(directory / f"{precision}.tflite", Path(destination))


def _place(converted: Path, destination: Path) -> None:
    """Copies so that nobody sees a part of the file; the destination may be on another file system."""
    partial = destination.with_name(f".{destination.name}.partial")
    try:
        partial.write_bytes(converted.read_bytes())
        partial.replace(destination)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
