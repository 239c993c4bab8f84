"""HandleReloadConfigRequest."""

import grpc
from google.protobuf import text_format
from tensorflow_serving.apis import model_management_pb2, model_service_pb2_grpc, prediction_service_pb2_grpc

from serving.server.options import ServerOptions
from tests.serving.server.halves import predict_request, refusal, running


def reload(text: str) -> model_management_pb2.ReloadConfigRequest:
    return text_format.Parse(f"config {{ model_config_list {{ {text} }} }}", model_management_pb2.ReloadConfigRequest())


def test_another_config(registry):
    """model_service_impl.cc: the config replaces the one before; labels are those of model_server_config.proto."""
    options = ServerOptions(registry=str(registry.root), rest_port=0, grpc_port=0, poll_secs=0.05)
    with running(options) as server, grpc.insecure_channel(f"127.0.0.1:{server.ports.grpc}") as channel:
        models = model_service_pb2_grpc.ModelServiceStub(channel)
        prediction = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        chosen = "model_version_policy { specific { versions: 1 versions: 3 } } version_labels { key: 'old' value: 1 }"
        request = reload(f"config {{ name: 'half' base_path: '{registry.root}/half' {chosen} }}")
        assert models.HandleReloadConfigRequest(request, timeout=30).status.error_code == 0
        answer = prediction.Predict(predict_request([1.0], version_label="old"), timeout=30)
        assert list(answer.outputs["y"].float_val) == [3.5]
        assert list(prediction.Predict(predict_request([1.0], version=3), timeout=30).outputs["y"].float_val) == [2.5]
        assert refusal(prediction.Predict, predict_request([1.0], version=2))[0] is grpc.StatusCode.NOT_FOUND
        for wrong, message in [
            ("config { name: 'other' }", "must have been pushed first"),
            ("config { name: 'half' base_path: '/elsewhere/half' }", "base path of half must be"),
            ("config { name: 'half' } config { name: 'half' }", "multiple times in config"),
            ("config { name: 'half' version_labels { key: 'a' value: 1 } }", "label a of half must be of a version"),
        ]:
            code, details = refusal(models.HandleReloadConfigRequest, reload(wrong))
            assert code is grpc.StatusCode.INVALID_ARGUMENT
            assert message in details
