#!/usr/bin/env python
"""A program with the flags, the services and the log lines of tensorflow_model_server, by which ServingCheck is tried.

Flags: model_servers/main.cc. It loads the highest number of --model_base_path, then listens, and says so as
model_servers/server.cc does (lines 430 and 451). What the file FAULT_FILE holds makes it one that is not right.
"""

import argparse
import base64
import json
import os
import sys
import time
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def fault() -> str:
    """What is to be wrong now."""
    file = Path(os.environ["FAULT_FILE"])
    return file.read_text() if file.exists() else ""


def main() -> None:
    parser = argparse.ArgumentParser()
    for flag in ("port", "rest_api_port"):
        parser.add_argument(f"--{flag}", type=int)
    for flag in ("model_name", "model_base_path"):
        parser.add_argument(f"--{flag}")
    flags = parser.parse_args()
    if fault() == "ends":
        sys.exit("[E] Failed to start server. Error: INVALID_ARGUMENT: no versions of servable found under base path")
    if fault() == "hangs":
        print("loads for ever", flush=True)
        time.sleep(600)
    serve(flags)


def serve(flags: argparse.Namespace) -> None:
    import grpc
    import tensorflow as tf
    from tensorflow_serving.apis import (
        get_model_metadata_pb2,
        get_model_status_pb2,
        model_service_pb2_grpc,
        predict_pb2,
        prediction_service_pb2_grpc,
    )

    version = max(int(path.name) for path in Path(flags.model_base_path).iterdir() if path.name.isdigit())
    loaded = tf.saved_model.load(str(Path(flags.model_base_path, str(version))))
    signatures = dict(loaded.signatures)

    def run(name: str, inputs: dict) -> dict:
        outputs = signatures[name](**{key: tf.constant(value) for key, value in inputs.items()})
        if fault() == f"wrong {name}":
            outputs = {key: value + tf.ones_like(value) for key, value in outputs.items()}
        if fault() == "slow":
            time.sleep(0.05)
        return {key: value.numpy() for key, value in outputs.items()}

    def infos(tensors: dict, target) -> None:
        for name, spec in tensors.items():
            target[name].dtype = spec.dtype.as_datatype_enum
            target[name].tensor_shape.CopyFrom(spec.shape.as_proto())

    class Services(prediction_service_pb2_grpc.PredictionServiceServicer, model_service_pb2_grpc.ModelServiceServicer):
        def Predict(self, request, context):  # noqa: N802 - gRPC's name
            if fault() == "no gRPC":
                context.abort(grpc.StatusCode.INTERNAL, "out of order")
            inputs = {name: tf.make_ndarray(value) for name, value in request.inputs.items()}
            response = predict_pb2.PredictResponse()
            for name, value in run(request.model_spec.signature_name, inputs).items():
                response.outputs[name].CopyFrom(tf.make_tensor_proto(value))
            return response

        def GetModelMetadata(self, request, context):  # noqa: N802
            found = get_model_metadata_pb2.SignatureDefMap()
            for name, signature in signatures.items():
                infos(signature.structured_input_signature[1], found.signature_def[name].inputs)
                infos(signature.structured_outputs, found.signature_def[name].outputs)
            response = get_model_metadata_pb2.GetModelMetadataResponse()
            response.metadata["signature_def"].Pack(found)
            return response

        def GetModelStatus(self, request, context):  # noqa: N802
            response = get_model_status_pb2.GetModelStatusResponse()
            response.model_version_status.add(version=version, state="AVAILABLE")
            return response

    services = Services()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            from google.protobuf import json_format

            if self.path.endswith("/metadata"):
                answer = services.GetModelMetadata(None, None)
            else:
                answer = services.GetModelStatus(None, None)
            self.reply(json_format.MessageToJson(answer, preserving_proto_field_name=True))

        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            infos = signatures[asked["signature_name"]].structured_input_signature[1]
            inputs = {name: decoded(value, infos[name].dtype) for name, value in asked["inputs"].items()}
            outputs = run(asked["signature_name"], inputs)
            values = {name: value.tolist() for name, value in outputs.items()}
            self.reply(json.dumps({"outputs": next(iter(values.values())) if len(values) == 1 else values}))

        def reply(self, text: str) -> None:
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words) -> None:
            pass

    def decoded(value, dtype):
        if dtype == tf.string:
            return [base64.b64decode(one["b64"]) for one in value]
        return tf.constant(value, dtype).numpy()

    server = grpc.server(futures.ThreadPoolExecutor(4))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(services, server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(services, server)
    server.add_insecure_port(f"0.0.0.0:{flags.port}")
    server.start()
    print(f"[I] Running gRPC ModelServer at 0.0.0.0:{flags.port} ...", file=sys.stderr, flush=True)
    http = ThreadingHTTPServer(("0.0.0.0", flags.rest_api_port), Handler)
    print(f"[I] Exporting HTTP/REST API at:localhost:{flags.rest_api_port} ...", file=sys.stderr, flush=True)
    http.serve_forever()


if __name__ == "__main__":
    main()
