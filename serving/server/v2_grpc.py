"""The Open Inference Protocol (KServe's V2) over gRPC: the service that KServe's and Triton's clients call.

Its stubs are tritonclient's, the extra `kserve`: import this module only where that is installed.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from tritonclient.grpc import service_pb2, service_pb2_grpc

from serving.server import v2_tensors
from serving.server.admission import Call
from serving.server.catalog import AVAILABLE, Catalog, Version
from serving.server.errors import RequestError, invalid
from serving.server.grpc_entry import Entry
from serving.server.v2_rest import EXTENSIONS, chosen_runner
from serving.server.watcher import Watcher

SERVICE = service_pb2.DESCRIPTOR.services_by_name["GRPCInferenceService"].full_name
FILE = service_pb2.DESCRIPTOR
# The field of InferTensorContents that has the values of a type.
_CONTENTS = {
    "BOOL": "bool_contents",
    "INT8": "int_contents",
    "INT16": "int_contents",
    "INT32": "int_contents",
    "INT64": "int64_contents",
    "UINT8": "uint_contents",
    "UINT16": "uint_contents",
    "UINT32": "uint_contents",
    "UINT64": "uint64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}
add_to_server = service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server


class InferenceService(service_pb2_grpc.GRPCInferenceServiceServicer):
    """Health, metadata, ModelInfer and the model repository."""

    def __init__(self, catalog: Catalog, entry: Entry, watcher: Watcher) -> None:
        self._catalog = catalog
        self._entry = entry
        self._watcher = watcher

    async def ServerLive(self, request: Any, context: Any) -> Any:  # noqa: N802
        return service_pb2.ServerLiveResponse(live=True)

    async def ServerReady(self, request: Any, context: Any) -> Any:  # noqa: N802
        return service_pb2.ServerReadyResponse(ready=self._catalog.is_ready)

    async def ModelReady(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self._entry.answer("v2_ready", self._model_ready, request, context)

    async def ServerMetadata(self, request: Any, context: Any) -> Any:  # noqa: N802
        return service_pb2.ServerMetadataResponse(name="slipway", version="1", extensions=EXTENSIONS)

    async def ModelMetadata(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self._entry.answer("v2_model", self._model, request, context)

    async def ModelInfer(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self._entry.answer("v2_infer", self._infer, request, context)

    async def RepositoryIndex(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self._entry.answer("v2_index", self._index, request, context)

    async def RepositoryModelLoad(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self._entry.answer("v2_load", self._load, request, context)

    async def RepositoryModelUnload(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self._entry.answer("v2_unload", self._unload, request, context)

    def _find(self, model: str, version: str, call: Call) -> Version:
        if version and not version.isdecimal():
            raise invalid(f"a version must be a number. Received: {version[:50]}.")
        found = self._catalog.find(model, int(version) if version else None)
        call.model, call.version = found.model, found.number
        return found

    async def _model_ready(self, request: Any, call: Call) -> Any:
        try:
            self._find(request.name, request.version, call)
        except RequestError:
            return service_pb2.ModelReadyResponse(ready=False)
        return service_pb2.ModelReadyResponse(ready=True)

    async def _model(self, request: Any, call: Call) -> Any:
        version = self._find(request.name, request.version, call)
        signature = chosen_runner(version, {}).signature
        versions = self._catalog.models[version.model].versions.values()
        return service_pb2.ModelMetadataResponse(
            name=version.model,
            versions=[str(each.number) for each in versions if each.state == AVAILABLE],
            platform="tensorflow_savedmodel",
            inputs=[
                service_pb2.ModelMetadataResponse.TensorMetadata(**each)
                for each in v2_tensors.metadata(signature.inputs)
            ],
            outputs=[
                service_pb2.ModelMetadataResponse.TensorMetadata(**each)
                for each in v2_tensors.metadata(signature.outputs)
            ],
        )

    async def _infer(self, request: Any, call: Call) -> Any:
        with self._find(request.model_name, request.model_version, call).in_use() as version:
            runner = chosen_runner(version, _parameters(request.parameters))
            names = [output.name for output in request.outputs] or list(runner.signature.outputs)
            for name in names:
                if name not in runner.signature.outputs:
                    raise invalid(f"outputs must be among {', '.join(runner.signature.outputs)}. Received: {name}.")
            outputs = await runner.run(_inputs(request))
        response = service_pb2.ModelInferResponse(
            model_name=version.model, model_version=str(version.number), id=request.id
        )
        for name in names:
            array = outputs[name]
            datatype = v2_tensors.type_name(array.dtype)
            tensor = response.outputs.add(name=name, datatype=datatype, shape=array.shape)
            # As they came, so they go: KServe and Triton answer in bytes what was asked in bytes.
            if request.raw_input_contents or datatype not in _CONTENTS:
                response.raw_output_contents.append(v2_tensors.to_bytes(array))
            else:
                getattr(tensor.contents, _CONTENTS[datatype]).extend(array.ravel().tolist())
        return response

    async def _index(self, request: Any, call: Call) -> Any:
        response = service_pb2.RepositoryIndexResponse()
        for row in self._watcher.index():
            if not request.ready or row["state"] == "READY":
                response.models.add(**row)
        return response

    async def _load(self, request: Any, call: Call) -> Any:
        await self._watcher.show(request.model_name)
        return service_pb2.RepositoryModelLoadResponse()

    async def _unload(self, request: Any, call: Call) -> Any:
        await self._watcher.hide(request.model_name)
        return service_pb2.RepositoryModelUnloadResponse()


def _parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: getattr(value, value.WhichOneof("parameter_choice") or "string_param")
        for name, value in parameters.items()
    }


def _inputs(request: Any) -> dict[str, np.ndarray]:
    raw = request.raw_input_contents
    if raw and len(raw) != len(request.inputs):
        raise invalid(f"raw_input_contents must have each of {len(request.inputs)} inputs. Received: {len(raw)}.")
    inputs = {}
    for number, tensor in enumerate(request.inputs):
        dtype = v2_tensors.dtype_of(tensor.datatype, tensor.name)
        shape = v2_tensors.check_shape(list(tensor.shape), tensor.name)
        if raw:
            inputs[tensor.name] = v2_tensors.from_bytes(raw[number], shape, dtype, tensor.name)
        elif tensor.datatype not in _CONTENTS:
            raise invalid(f"{tensor.name} must be sent in raw_input_contents, for there are no contents of FP16.")
        else:
            values = getattr(tensor.contents, _CONTENTS[tensor.datatype])
            inputs[tensor.name] = v2_tensors.from_values(values, shape, dtype, tensor.name)
    return inputs
