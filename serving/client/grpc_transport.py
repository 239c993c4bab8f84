"""TensorFlow Serving's gRPC (apis/prediction_service.proto, apis/model_service.proto). Needs TensorFlow."""

from collections.abc import Callable, Mapping
from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from serving.client.address import ModelAddress
from serving.client.answers import SignatureInfo, VersionStatus
from serving.client.errors import ClientError, ServerBusyError
from serving.tensor_info import ModelInputError, TensorInfo

_BUSY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
# gRPC refuses what is above 4 MiB, unless told otherwise.
_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class GrpcTransport:
    """Asks a model over one channel."""

    def __init__(self, address: ModelAddress) -> None:
        self._address = address
        self._channel = grpc.insecure_channel(address.host, options=_UNLIMITED)
        self._predictions = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)
        self._models = model_service_pb2_grpc.ModelServiceStub(self._channel)

    def status(self, timeout_secs: float) -> list[VersionStatus]:
        """See `ServingClient.status`."""
        request = get_model_status_pb2.GetModelStatusRequest(model_spec=self._spec())
        answer = self._ask(self._models.GetModelStatus, request, timeout_secs)
        states = get_model_status_pb2.ModelVersionStatus.State
        return [
            VersionStatus(version=one.version, state=states.Name(one.state), error=one.status.error_message)
            for one in answer.model_version_status
        ]

    def signatures(self, timeout_secs: float) -> dict[str, SignatureInfo]:
        """See `ServingClient.signatures`."""
        request = get_model_metadata_pb2.GetModelMetadataRequest(
            model_spec=self._spec(), metadata_field=["signature_def"]
        )
        answer = self._ask(self._predictions.GetModelMetadata, request, timeout_secs)
        found = get_model_metadata_pb2.SignatureDefMap()
        answer.metadata["signature_def"].Unpack(found)
        return {
            name: SignatureInfo(inputs=_infos(one.inputs), outputs=_infos(one.outputs))
            for name, one in found.signature_def.items()
        }

    def predict(
        self, inputs: Mapping[str, np.ndarray], signature: str, info: SignatureInfo, timeout_secs: float
    ) -> dict[str, np.ndarray]:
        """See `ServingClient.predict`."""
        request = predict_pb2.PredictRequest(model_spec=self._spec(signature))
        for name, value in inputs.items():
            request.inputs[name].CopyFrom(_tensor(name, value, info))
        answer = self._ask(self._predictions.Predict, request, timeout_secs)
        return {name: tf.make_ndarray(value) for name, value in answer.outputs.items()}

    def close(self) -> None:
        """Ends the channel."""
        self._channel.close()

    def _spec(self, signature: str = "") -> model_pb2.ModelSpec:
        spec = model_pb2.ModelSpec(name=self._address.model, signature_name=signature)
        if self._address.version is not None:
            spec.version.value = self._address.version
        if self._address.label is not None:
            spec.version_label = self._address.label
        return spec

    def _ask(self, method: Callable[..., Any], request: Any, timeout_secs: float) -> Any:
        try:
            return method(request, timeout=timeout_secs)
        except grpc.RpcError as error:
            message = f"grpc://{self._address.host} answered {error.code().name}: {error.details()}"
            raise (ServerBusyError if error.code() in _BUSY else ClientError)(message) from None


def _tensor(name: str, value: np.ndarray, info: SignatureInfo) -> Any:
    """The proto of an input, of the type that the signature has. Raises ModelInputError where it cannot be."""
    known = info.inputs.get(name)
    dtype = tf.as_dtype(known.dtype) if known else None
    try:
        return tf.make_tensor_proto(value, dtype)
    except (TypeError, ValueError) as error:
        reason = str(error)[:200]
        raise ModelInputError(f"Input {name} must be of {dtype and dtype.name}. Received: {reason}.") from None


def _infos(tensors: Mapping[str, Any]) -> dict[str, TensorInfo]:
    infos = {}
    for name, tensor in tensors.items():
        shape = tuple(None if one.size < 0 else one.size for one in tensor.tensor_shape.dim)
        dtype = np.dtype(tf.dtypes.as_dtype(tensor.dtype).as_numpy_dtype)
        infos[name] = TensorInfo(name=name, shape=shape, dtype=dtype)
    return infos
