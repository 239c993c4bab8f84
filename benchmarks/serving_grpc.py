"""What a client of gRPC sends."""

from collections.abc import Sequence
from typing import Any

from tensorflow.core.framework import types_pb2
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

stub_of: Any = prediction_service_pb2_grpc.PredictionServiceStub


def predict_request(model: str, values: Sequence[float]) -> predict_pb2.PredictRequest:
    """A request for one row of the input `x`."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    tensor = request.inputs["x"]
    tensor.dtype = types_pb2.DT_FLOAT
    for size in (1, len(values)):
        tensor.tensor_shape.dim.add(size=size)
    tensor.float_val.extend(values)
    return request
