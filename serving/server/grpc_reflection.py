"""What gRPC's reflection tells of TensorFlow Serving's services.

tensorflow-serving-api describes its services in modules written for protobuf 3, which later ones cannot import: they
set an attribute that is not writable. Its messages are described as ever; the services are put together from them, in
a pool of their own.
"""

from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import Descriptor, FileDescriptor
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    predict_pb2,
    regression_pb2,
)

_PACKAGE = "tensorflow.serving"
PREDICTION = f"{_PACKAGE}.PredictionService"
MODEL = f"{_PACKAGE}.ModelService"
# Of prediction_service.proto and model_service.proto.
_SERVICES = {
    "PredictionService": {
        "Classify": (classification_pb2.ClassificationRequest, classification_pb2.ClassificationResponse),
        "Regress": (regression_pb2.RegressionRequest, regression_pb2.RegressionResponse),
        "Predict": (predict_pb2.PredictRequest, predict_pb2.PredictResponse),
        "MultiInference": (inference_pb2.MultiInferenceRequest, inference_pb2.MultiInferenceResponse),
        "GetModelMetadata": (
            get_model_metadata_pb2.GetModelMetadataRequest,
            get_model_metadata_pb2.GetModelMetadataResponse,
        ),
    },
    "ModelService": {
        "GetModelStatus": (get_model_status_pb2.GetModelStatusRequest, get_model_status_pb2.GetModelStatusResponse),
        "HandleReloadConfigRequest": (
            model_management_pb2.ReloadConfigRequest,
            model_management_pb2.ReloadConfigResponse,
        ),
    },
}


def described_services(*files: FileDescriptor) -> descriptor_pool.DescriptorPool:
    """A pool with TensorFlow Serving's services, health and reflection, and those of other files."""
    pool = descriptor_pool.DescriptorPool()
    known: set[str] = set()
    for each in (health_pb2.DESCRIPTOR, reflection_pb2.DESCRIPTOR, *files):
        _add(pool, each, known)
    for name, methods in _SERVICES.items():
        file = descriptor_pb2.FileDescriptorProto(
            name=f"tensorflow_serving/apis/{name}.proto", package=_PACKAGE, syntax="proto3"
        )
        service = file.service.add(name=name)
        messages: list[Descriptor] = [each.DESCRIPTOR for pair in methods.values() for each in pair]
        for dependency in {message.file.name: message.file for message in messages}.values():
            _add(pool, dependency, known)
            file.dependency.append(dependency.name)
        for method, (request, response) in methods.items():
            service.method.add(
                name=method,
                input_type=f".{request.DESCRIPTOR.full_name}",
                output_type=f".{response.DESCRIPTOR.full_name}",
            )
        pool.Add(file)
    return pool


def _add(pool: descriptor_pool.DescriptorPool, file: FileDescriptor, known: set[str]) -> None:
    if file.name in known:
        return
    known.add(file.name)
    for dependency in file.dependencies:
        _add(pool, dependency, known)
    pool.AddSerializedFile(file.serialized_pb)
