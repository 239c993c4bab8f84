"""All networks: sizes by hand, saving, and what a linear model computes."""

import keras
import numpy as np
import pytest
from pydantic import TypeAdapter

from models.loading import load_model
from models.tabular.options import TableNetwork
from models.tabular.shape import TableShape

NETWORKS = {
    "linear": {"kind": "linear"},
    "mlp": {"kind": "mlp", "widths": [4, 2], "embedding_dim": 3},
    "wide_deep": {"kind": "wide_deep", "widths": [4, 2], "embedding_dim": 3},
    "residual": {"kind": "residual_mlp", "width": 4, "hidden": 6, "blocks": 2},
    "periodic": {
        "kind": "residual_mlp",
        "numbers": "periodic",
        "frequencies": 3,
        "number_dim": 2,
        "width": 4,
        "hidden": 6,
        "blocks": 1,
    },
}
SHAPES = {
    "all": TableShape(numbers=3, flags=2, categories=(4, 5), classes=3),
    "numbers": TableShape(numbers=3, flags=0, categories=(), classes=0),
    "flags": TableShape(numbers=0, flags=2, categories=(), classes=2),
    "categories": TableShape(numbers=0, flags=0, categories=(4,), classes=0),
}


def _build(name: str, shape: TableShape) -> keras.Model:
    keras.utils.set_random_seed(1)
    return TypeAdapter(TableNetwork).validate_python(NETWORKS[name]).build(shape)


def _inputs(shape: TableShape, rows: int = 4) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(0)
    inputs = {}
    if shape.numbers:
        inputs["numbers"] = draw.normal(size=(rows, shape.numbers)).astype(np.float32)
    if shape.flags:
        inputs["flags"] = draw.integers(2, size=(rows, shape.flags)).astype(np.float32)
    if shape.categories:
        starts = np.cumsum([0, *shape.categories[:-1]])
        inputs["categories"] = starts + draw.integers(shape.categories, size=(rows, len(shape.categories)))
    return inputs


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_takes_what_there_is_and_survives_saving(name, shape, tmp_path):
    model, inputs = _build(name, shape), _inputs(shape)
    outputs = model(inputs)
    assert {key: value.shape for key, value in outputs.items()} == (
        {"logits": (4, shape.classes)} if shape.classes else {"prediction": (4, 1)}
    )
    model.save(tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")(inputs)
    for key, value in outputs.items():
        np.testing.assert_allclose(again[key], value, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        # (3 + 2) · 3 + 3 weights and biases; 9 categories · 3.
        ("linear", 18 + 27),
        # Embeddings 9 · 3; layers 11 · 4 + 4, 4 · 2 + 2, 2 · 3 + 3.
        ("mlp", 27 + 48 + 10 + 9),
        ("wide_deep", 45 + 94),
        # Frequencies 9; a map 6 · 2 + 2; embeddings 9 · 8; 24 · 4 + 4; a block 16 + 4 · 6 + 6 + 6 · 4 + 4; 16; 15.
        ("periodic", 9 + 14 + 72 + 100 + 74 + 16 + 15),
    ],
)
def test_parameters_by_hand(name, parameters):
    assert _build(name, SHAPES["all"]).count_params() == parameters


def test_a_linear_model_adds_up_what_each_input_weighs():
    shape, inputs = SHAPES["all"], _inputs(SHAPES["all"])
    model = _build("linear", shape)
    kernel, bias = model.get_layer("weights").get_weights()
    [table] = model.get_layer("category_weights").get_weights()
    dense = np.concatenate([inputs["numbers"], inputs["flags"]], axis=1)
    expected = dense @ kernel + bias - table[inputs["categories"]].mean(axis=1)
    np.testing.assert_allclose(model(inputs)["logits"], expected, rtol=1e-5, atol=1e-6)


def test_wide_and_deep_are_added():
    shape, inputs = SHAPES["numbers"], _inputs(SHAPES["numbers"])
    model = _build("wide_deep", shape)
    before = np.asarray(model(inputs)["prediction"])
    model.get_layer("head").set_weights([np.zeros((2, 1)), np.zeros(1)])
    kernel, bias = model.get_layer("weights").get_weights()
    np.testing.assert_allclose(model(inputs)["prediction"], inputs["numbers"] @ kernel + bias, rtol=1e-5)
    assert not np.allclose(before, model(inputs)["prediction"])


def test_a_predicted_number_is_in_the_label_s_units():
    model, inputs = _build("mlp", SHAPES["numbers"]), _inputs(SHAPES["numbers"])
    scaled = np.asarray(model(inputs)["prediction"])
    model.get_layer("units").set(location=np.array([100.0]), scale=np.array([5.0]))
    np.testing.assert_allclose(model(inputs)["prediction"], 100 + 5 * scaled, rtol=1e-6)
