"""Networks for rows: embeddings of places, maps of each number, sines; as they are, and in 8 bits."""

import keras
import numpy as np
import pytest
from pydantic import TypeAdapter

from compression.conversion.convert import convert, export_for_conversion
from models.graph.folding import fold
from models.tabular.options import TableNetwork
from models.tabular.shape import TableShape
from serving.tflite import TFLiteModel

pytestmark = pytest.mark.usefixtures("conversions_in_this_process")

SHAPE = TableShape(numbers=4, flags=3, categories=(5, 6), classes=3)
NETWORKS = {
    "linear": {"kind": "linear"},
    "wide_deep": {"kind": "wide_deep", "widths": [16]},
    "residual": {"kind": "residual_mlp", "width": 16, "hidden": 16},
    "periodic": {"kind": "residual_mlp", "numbers": "periodic", "width": 16, "hidden": 16},
}


def _trained(name: str) -> keras.Model:
    """Weights and statistics drawn, as training leaves them: none zero, so that nothing can be left out."""
    keras.utils.set_random_seed(0)
    model = TypeAdapter(TableNetwork).validate_python(NETWORKS[name]).build(SHAPE)
    draw = np.random.default_rng(1)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([draw.uniform(0.5, 1.5, size=weights.shape) for weights in layer.get_weights()])
        elif isinstance(layer, keras.layers.Dense):
            layer.bias.assign(draw.normal(size=layer.bias.shape))
    return fold(model)


def _rows(count: int) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(0)
    return {
        "numbers": draw.normal(size=(count, 4)).astype(np.float32),
        "flags": draw.integers(2, size=(count, 3)).astype(np.float32),
        "categories": np.stack([draw.integers(5, size=count), 5 + draw.integers(6, size=count)], axis=1),
    }


@pytest.mark.parametrize("name", NETWORKS)
def test_the_files_compute_what_the_model_does(name, tmp_path):
    model, rows = _trained(name), _rows(256)
    expected = np.asarray(model(rows, training=False)["logits"])
    export_for_conversion(model, tmp_path / "model")
    paths = {precision: tmp_path / f"{precision}.tflite" for precision in ("float32", "int8")}
    convert(tmp_path / "model", paths, representative_sample=rows)
    files = {precision: TFLiteModel(path) for precision, path in paths.items()}
    received = {precision: file.predict(rows)["logits"] for precision, file in files.items()}
    np.testing.assert_allclose(received["float32"], expected, atol=1e-5)
    assert np.abs(received["int8"] - expected).mean() / expected.std() < 0.1
