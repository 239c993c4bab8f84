"""tf.Examples of classify and regress requests, and the results of such signatures."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import classification_pb2, input_pb2, regression_pb2

from serving.server.batching import Outputs, Runner
from serving.server.errors import invalid
from serving.server.json_outputs import to_text
from serving.server.json_values import decode_base64, is_base64, shown

CLASSIFY, REGRESS = "classify", "regress"
# Names of inputs and outputs, tensorflow/cc/saved_model/signature_constants.h.
_INPUTS, _CLASSES, _SCORES, _OUTPUTS = "inputs", "classes", "scores", "outputs"


def serialized_examples(request: input_pb2.Input) -> np.ndarray:
    """Serialized tf.Examples `[example]`, each with the common context. Raises RequestError where there are none."""
    kind = request.WhichOneof("kind")
    listed = getattr(request, kind).examples if kind else ()
    if not listed:
        raise invalid("Input is empty.")
    context = b""
    if kind == "example_list_with_context":
        context = request.example_list_with_context.context.SerializeToString()
    examples = np.empty(len(listed), object)
    # Protocol buffers written one after the other are read as one message.
    examples[:] = [context + example.SerializeToString() for example in listed]
    return examples


async def classify(runner: Runner, examples: np.ndarray) -> classification_pb2.ClassificationResult:
    """Classes and scores of each example. Raises RequestError; the rules are those of classifier.cc."""
    outputs = runner.signature.outputs
    _check_input(runner, "classification")
    if not {_CLASSES, _SCORES} & outputs.keys():
        raise invalid(
            f'Expected classification signature outputs to contain at least one of "{_CLASSES}" or "{_SCORES}". '
            f"Signature was: {runner.signature.definition}"
        )
    given = await runner.run({_INPUTS: examples})
    return _classifications(given, len(examples))


def _classifications(given: Outputs, count: int) -> classification_pb2.ClassificationResult:
    shapes = set()
    for name, kind in ((_CLASSES, "O"), (_SCORES, "f")):
        values = given.get(name)
        if values is None:
            continue
        if values.ndim != 2:
            raise invalid(f"Expected Tensor shape: [batch_size num_classes] but got {list(values.shape)}")
        if values.dtype.kind != kind:
            raise invalid(
                f"Expected {name} Tensor of {'DT_STRING' if kind == 'O' else 'DT_FLOAT'}. Got: {values.dtype}"
            )
        if len(values) != count:
            raise invalid(f"Expected {name} output batch size of {count}. Got: {len(values)}")
        shapes.add(values.shape)
    if len(shapes) > 1:
        raise invalid("Tensors class and score should match in dim_size(1).")
    result = classification_pb2.ClassificationResult()
    [(_, width)] = shapes
    classes, scores = (given[name].tolist() if name in given else None for name in (_CLASSES, _SCORES))
    for row in range(count):
        found = result.classifications.add()
        for column in range(width):
            found.classes.add(
                label=to_text(classes[row][column], _CLASSES) if classes else "",
                score=scores[row][column] if scores else 0.0,
            )
    return result


async def regress(runner: Runner, examples: np.ndarray) -> regression_pb2.RegressionResult:
    """A value of each example. Raises RequestError; the rules are those of regressor.cc."""
    _check_input(runner, "regression")
    if set(runner.signature.outputs) != {_OUTPUTS}:
        raise invalid(f"No regression outputs found in SignatureDef: {runner.signature.definition}")
    values = (await runner.run({_INPUTS: examples}))[_OUTPUTS]
    if values.shape not in ((len(examples),), (len(examples), 1)):
        raise invalid(
            f"Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got {list(values.shape)}"
        )
    if values.dtype != np.float32:
        raise invalid(f"Expected output Tensor of DT_FLOAT.  Got: {values.dtype}")
    result = regression_pb2.RegressionResult()
    for value in values.ravel().tolist():
        result.regressions.add(value=value)
    return result


def _check_input(runner: Runner, kind: str) -> None:
    if set(runner.signature.inputs) != {_INPUTS}:
        raise invalid(f"No {kind} inputs found in SignatureDef: {runner.signature.definition}")


def input_from_json(document: Mapping[str, Any]) -> input_pb2.Input:
    """The examples of a JSON request to classify or regress. Raises RequestError; json_tensor.cc has the rules."""
    request = input_pb2.Input()
    listed = request.example_list
    if "context" in document:
        listed = request.example_list_with_context
        _fill_example(document["context"], listed.context)
    if "examples" not in document:
        raise invalid(
            f"JSON Value: {shown(document)} When method is classify, key 'examples' is expected and was not found"
        )
    examples = document["examples"]
    if not isinstance(examples, list):
        raise invalid(f"JSON Value: {shown(document)} Expecting 'examples' value to be an list/array")
    if not examples:
        raise invalid(f"JSON Value: {shown(document)} 'examples' value is an empty array")
    for value in examples:
        _fill_example(value, listed.examples.add())
    return request


def _fill_example(value: Any, example: tf.train.Example) -> None:
    if not isinstance(value, dict):
        raise invalid(f"Example must be JSON object but got JSON {shown(value)}")
    for name, content in value.items():
        feature = example.features.feature[name]
        for item in content if isinstance(content, list) else [content]:
            _add_value(item, name, feature)


def _add_value(value: Any, name: str, feature: tf.train.Feature) -> None:
    kept: int | float | bytes
    if isinstance(value, bool | int):
        kind, kept = "int64_list", int(value)
    elif isinstance(value, float):
        kind, kept = "float_list", value
    elif isinstance(value, str) or is_base64(value):
        kind, kept = "bytes_list", value.encode() if isinstance(value, str) else decode_base64(value)
    else:
        raise invalid(f"Feature: {name} has element with unexpected JSON type: {shown(value)}")
    known = feature.WhichOneof("kind")
    if known not in (None, kind):
        expected = known.removesuffix("_list")
        raise invalid(f"Unexpected element type in feature: {name} expecting type: {expected}")
    try:
        getattr(feature, kind).value.append(kept)
    except ValueError:
        raise invalid(f"Feature: {name} has uint64_t element. Only int64_t is supported.") from None
