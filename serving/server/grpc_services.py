"""TensorFlow Serving's gRPC services: PredictionService and ModelService."""

from typing import Any

from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from serving.server import examples, model_service
from serving.server.admission import Call
from serving.server.catalog import Catalog, Version
from serving.server.errors import Code, RequestError, invalid
from serving.server.grpc_entry import Entry
from serving.server.grpc_tensors import fill_tensors, to_arrays
from serving.server.metrics import Metrics
from serving.server.model_config import policies
from serving.server.servable import DEFAULT_SIGNATURE
from serving.server.watcher import Watcher

_CLASSIFY_METHOD = "tensorflow/serving/classify"
_REGRESS_METHOD = "tensorflow/serving/regress"


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Predict, Classify, Regress, MultiInference and GetModelMetadata."""

    def __init__(self, catalog: Catalog, entry: Entry, figures: Metrics) -> None:
        self._catalog = catalog
        self._entry = entry
        self._figures = figures

    async def Predict(self, request: predict_pb2.PredictRequest, context: Any) -> Any:  # noqa: N802
        return await self._entry.answer("predict", self._predict, request, context)

    async def Classify(self, request: classification_pb2.ClassificationRequest, context: Any) -> Any:  # noqa: N802
        return await self._entry.answer("classify", self._classify, request, context)

    async def Regress(self, request: regression_pb2.RegressionRequest, context: Any) -> Any:  # noqa: N802
        return await self._entry.answer("regress", self._regress, request, context)

    async def MultiInference(self, request: inference_pb2.MultiInferenceRequest, context: Any) -> Any:  # noqa: N802
        return await self._entry.answer("multi_inference", self._multi_inference, request, context)

    async def GetModelMetadata(  # noqa: N802
        self, request: get_model_metadata_pb2.GetModelMetadataRequest, context: Any
    ) -> Any:
        return await self._entry.answer("metadata", self._metadata, request, context)

    def _find(self, spec: model_pb2.ModelSpec, call: Call) -> Version:
        version = self._catalog.find(*model_service.target(spec))
        call.model, call.version = version.model, version.number
        return version

    async def _predict(self, request: predict_pb2.PredictRequest, call: Call) -> predict_pb2.PredictResponse:
        with self._find(request.model_spec, call).in_use() as version:
            name = request.model_spec.signature_name or DEFAULT_SIGNATURE
            if name not in version.runners:
                raise RequestError(Code.FAILED_PRECONDITION, f'Serving signature key "{name}" not found.')
            runner = version.runners[name]
            names = request.output_filter or sorted(runner.signature.outputs)
            for index, output in enumerate(request.output_filter):
                if output not in runner.signature.outputs:
                    raise invalid(
                        f"output tensor alias not found in signature: {output} Outputs expected to be in the set "
                        f"{{{','.join(sorted(runner.signature.outputs))}}}."
                    )
                if output in request.output_filter[:index]:
                    raise invalid(f"duplicate output tensor alias: {output}")
            outputs = await runner.run(to_arrays(request.inputs))
            response = predict_pb2.PredictResponse(model_spec=model_service.spec_of(version, name))
            fill_tensors(outputs, names, response.outputs)
            return response

    async def _classify(self, request: classification_pb2.ClassificationRequest, call: Call) -> Any:
        with self._find(request.model_spec, call).in_use() as version:
            serialized = self._examples(request, version)
            name = request.model_spec.signature_name or DEFAULT_SIGNATURE
            return classification_pb2.ClassificationResponse(
                result=await examples.classify(version.runner(name), serialized),
                model_spec=model_service.spec_of(version, name),
            )

    async def _regress(self, request: regression_pb2.RegressionRequest, call: Call) -> Any:
        with self._find(request.model_spec, call).in_use() as version:
            serialized = self._examples(request, version)
            name = request.model_spec.signature_name or DEFAULT_SIGNATURE
            return regression_pb2.RegressionResponse(
                result=await examples.regress(version.runner(name), serialized),
                model_spec=model_service.spec_of(version, name),
            )

    async def _multi_inference(self, request: inference_pb2.MultiInferenceRequest, call: Call) -> Any:
        if not request.tasks:
            raise invalid("MultiInferenceRequest must have tasks. Received: none.")
        first = request.tasks[0].model_spec
        if any(not task.model_spec.name for task in request.tasks):
            raise invalid("Found ModelSpec with an empty model name.")
        if any(task.model_spec.name != first.name for task in request.tasks):
            raise invalid("All ModelSpecs in a MultiInferenceRequest must access the same model name.")
        response = inference_pb2.MultiInferenceResponse()
        seen: set[str] = set()
        with self._find(first, call).in_use() as version:
            serialized = self._examples(request, version)
            for task in request.tasks:
                name = task.model_spec.signature_name or DEFAULT_SIGNATURE
                if name in seen:
                    raise invalid(f"Duplicate evaluation of signature: {name}")
                seen.add(name)
                result = response.results.add(model_spec=model_service.spec_of(version, name))
                if task.method_name == _CLASSIFY_METHOD:
                    result.classification_result.CopyFrom(await examples.classify(version.runner(name), serialized))
                elif task.method_name == _REGRESS_METHOD:
                    result.regression_result.CopyFrom(await examples.regress(version.runner(name), serialized))
                else:
                    raise RequestError(Code.UNIMPLEMENTED, f"Unsupported signature method_name: {task.method_name}")
        return response

    def _examples(self, request: Any, version: Version) -> Any:
        serialized = examples.serialized_examples(request.input)
        self._figures.count_examples(version.model, len(serialized))
        return serialized

    async def _metadata(self, request: get_model_metadata_pb2.GetModelMetadataRequest, call: Call) -> Any:
        if not request.HasField("model_spec"):
            raise invalid("Missing ModelSpec")
        model_service.check_metadata_fields(list(request.metadata_field))
        return model_service.model_metadata(self._catalog, *model_service.target(request.model_spec))


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """GetModelStatus and HandleReloadConfigRequest."""

    def __init__(self, catalog: Catalog, entry: Entry, watcher: Watcher, registry: str) -> None:
        self._catalog = catalog
        self._entry = entry
        self._watcher = watcher
        self._registry = registry

    async def GetModelStatus(  # noqa: N802
        self, request: get_model_status_pb2.GetModelStatusRequest, context: Any
    ) -> Any:
        return await self._entry.answer("status", self._status, request, context)

    async def HandleReloadConfigRequest(  # noqa: N802
        self, request: model_management_pb2.ReloadConfigRequest, context: Any
    ) -> Any:
        return await self._entry.answer("reload_config", self._reload, request, context)

    async def _status(self, request: get_model_status_pb2.GetModelStatusRequest, call: Call) -> Any:
        if not request.HasField("model_spec"):
            raise invalid("Missing ModelSpec")
        return model_service.model_status(self._catalog, *model_service.target(request.model_spec))

    async def _reload(self, request: model_management_pb2.ReloadConfigRequest, call: Call) -> Any:
        await self._watcher.configure(policies(request.config, self._registry))
        return model_management_pb2.ReloadConfigResponse()
