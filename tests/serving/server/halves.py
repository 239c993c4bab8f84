"""Small models: TensorFlow Serving's half_plus_three and half_plus_two, with signatures of all kinds."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

from serving.registry import ModelVersion, Registry, Stage
from serving.server.options import ServerOptions
from serving.server.process import Running, serving

# As tensorflow_serving's saved_model_half_plus_three names them.
CLASSIFY, REGRESS = "tensorflow/serving/classify", "tensorflow/serving/regress"


def save_half_plus(directory: Path, plus: float) -> Path:
    """Writes a model that answers x / 2 + plus."""
    module = tf.Module()
    module.plus = tf.Variable(float(plus))
    module.half = tf.Variable(0.5)

    def halved(x: tf.Tensor) -> tf.Tensor:
        tf.debugging.assert_greater(x, -1000.0, message="x must be above -1000")
        return x * module.half + module.plus

    def parsed(inputs: tf.Tensor) -> tf.Tensor:
        return halved(tf.io.parse_example(inputs, {"x": tf.io.FixedLenFeature([], tf.float32)})["x"])

    def classify(inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        scores = tf.stack([parsed(inputs), -parsed(inputs)], axis=1)
        return {"classes": tf.tile([["up", "down"]], [tf.shape(scores)[0], 1]), "scores": scores}

    def both(number: tf.Tensor, text: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"number": number + 1, "text": text, "text_bytes": text}

    vector = tf.TensorSpec([None], tf.float32, name="x")
    examples = tf.TensorSpec([None], tf.string, name="inputs")
    signatures = {
        "serving_default": tf.function(lambda x: {"y": halved(x)}).get_concrete_function(vector),
        REGRESS: tf.function(lambda inputs: {"outputs": parsed(inputs)}).get_concrete_function(examples),
        CLASSIFY: tf.function(classify).get_concrete_function(examples),
        "both": tf.function(both).get_concrete_function(
            tf.TensorSpec([None, 2], tf.int64, name="number"), tf.TensorSpec([None], tf.string, name="text")
        ),
        # Rows that are not independent: each is judged by the mean of a support set.
        "over_support": tf.function(lambda support, x: {"y": x - tf.reduce_mean(support)}).get_concrete_function(
            tf.TensorSpec([None, None], tf.float32, name="support"), vector
        ),
    }
    tf.saved_model.save(module, str(directory), signatures=signatures)
    return directory


def push(registry: Registry, saved_model: Path, key: str, stage: Stage = "production") -> ModelVersion:
    return registry.push("half", push_key=key, saved_model=saved_model, stage=stage)


@contextlib.contextmanager
def running(options: ServerOptions) -> Iterator[Running]:
    """A server in a thread of its own."""
    loop = asyncio.new_event_loop()
    started = threading.Event()
    state: dict[str, Running] = {}
    stop = asyncio.Event()

    async def serve() -> None:
        async with serving(options) as server:
            state["server"] = server
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert started.wait(60)
    try:
        yield state["server"]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        assert not thread.is_alive()
        loop.close()


def predict_request(values: object, **spec: object) -> predict_pb2.PredictRequest:
    """A request for x, with these fields of its model spec."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "half"
    request.inputs["x"].CopyFrom(tf.make_tensor_proto(values, tf.float32))
    if "version" in spec:
        request.model_spec.version.value = spec.pop("version")
    for field, value in spec.items():
        setattr(request.model_spec, field, value)
    return request


def refusal(call: Callable[..., Any], request: Any) -> tuple[grpc.StatusCode, str]:
    """Code and words of what gRPC answers instead."""
    with pytest.raises(grpc.RpcError) as raised:
        call(request, timeout=30)
    return raised.value.code(), raised.value.details()
