"""A TFLite file in place of the SavedModel."""

import numpy as np
import pytest
import requests
import tensorflow as tf

from serving.registry import Registry
from serving.server.options import ServerOptions
from serving.tflite import TFLiteModel
from tests.serving.server.halves import running

KERNEL = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def registry(tmp_path_factory, half_plus_three) -> Registry:
    directory = tmp_path_factory.mktemp("variant")

    @tf.function(input_signature=[tf.TensorSpec([1, 4], tf.float32, name="x")])
    def linear(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": tf.matmul(x, tf.constant(KERNEL))}

    module = tf.Module()
    module.linear = linear
    tf.saved_model.save(module, str(directory / "model"), signatures={"serving_default": linear})
    converter = tf.lite.TFLiteConverter.from_saved_model(str(directory / "model"))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    values = np.random.default_rng(1).uniform(-1, 1, (50, 1, 4)).astype(np.float32)
    converter.representative_dataset = lambda: ([value] for value in values)
    converter.inference_input_type = converter.inference_output_type = tf.int8
    (directory / "int8.tflite").write_bytes(converter.convert())
    made = Registry(directory / "registry")
    made.push(
        "half",
        push_key="1",
        saved_model=half_plus_three,
        bundle={"int8.tflite": directory / "int8.tflite"},
        stage="production",
    )
    return made


def test_real_values_go_in_and_come_out(registry):
    rows = np.random.default_rng(2).uniform(-1, 1, (3, 4)).astype(np.float32)
    expected = TFLiteModel(registry.root / "half" / "1" / "tflite" / "int8.tflite").predict({"x": rows})["y"]
    np.testing.assert_allclose(expected, rows @ KERNEL, atol=0.05)
    with running(ServerOptions(registry=str(registry.root), variant="int8", rest_port=0, grpc_port=0)) as server:
        url = f"http://127.0.0.1:{server.ports.rest}/v1/models/half"
        for name in ("serving_default", "predict"):
            body = {"signature_name": name, "instances": rows.tolist()}
            answer = requests.post(f"{url}:predict", json=body, timeout=30).json()
            np.testing.assert_array_equal(np.array(answer["predictions"], np.float32), expected)
        refused = requests.post(f"{url}:predict", json={"instances": [[1.0, 2.0, 3.0]]}, timeout=30)
        assert refused.json() == {"error": "input x must be of shape [any, 4]. Received: [1, 3]."}
        nan = requests.post(f"{url}:predict", data='{"instances": [[NaN, 0, 0, 0]]}', timeout=30)
        assert nan.status_code == 400
        assert "must have no NaN" in nan.json()["error"]
        signatures = requests.get(f"{url}/metadata", timeout=30).json()["metadata"]["signature_def"]["signature_def"]
        assert signatures["predict"]["inputs"]["x"]["dtype"] == "DT_FLOAT"


def test_a_variant_that_a_version_has_not(registry):
    with running(ServerOptions(registry=str(registry.root), variant="float16", rest_port=0, grpc_port=0)) as server:
        version = server.catalog.models["half"].versions[1]
        assert version.state == "END"
        assert "must be a readable TFLite file" in version.error
