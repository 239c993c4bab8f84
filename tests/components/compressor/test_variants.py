"""Variants of Points and of models that a stub of Retraining makes of it."""

from pathlib import Path

import keras
import numpy as np
import pytest

from components.compressor.variants import Variant, difference, make_variants
from compression.quantization_aware.model import for_conversion, quantization_aware
from compression.recipe import Recipe
from serving.tflite import TFLiteModel
from tests.components.points import points_model
from tests.components.variant_files import right_answer, tflite_content

SAMPLE = {"point": np.array([[3.0, 1.0], [-1.0, 2.0], [0.5, -1.0], [-2.0, 0.0]], np.float32)}
STEEP = Recipe(name="steep", prune={})
STEEP_INT8 = Recipe(name="steep_int8", precision="int8", prune={})
FLOAT_HEAD = Recipe(name="float_head", precision="int8", keep_float=["head"])


class Sources:
    """In place of Retraining: every recipe that trains makes logits of twice the slope."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []

    def source(self, recipe: Recipe | None) -> keras.Model:
        self.asked.append(recipe and recipe.name)
        return points_model(slope=2.0 if recipe else 1.0)


@pytest.fixture(scope="module")
def sources() -> Sources:
    return Sources()


@pytest.fixture(scope="module")
def directory(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("variants")


@pytest.fixture(scope="module")
def made(sources, directory, conversions_in_this_process) -> dict[str, Variant]:
    """Variants by name, in the order in which they were made."""
    variants = make_variants(["float32", STEEP, "int8", STEEP_INT8, FLOAT_HEAD], sources, SAMPLE, directory)
    return {variant.name: variant for variant in variants}


def test_they_are_in_the_order_of_the_config_whatever_they_are_made_of(made):
    assert list(made) == ["float32", "steep", "int8", "steep_int8", "float_head"]


def test_each_lies_in_a_file_of_its_name(made, directory):
    assert {name: variant.path for name, variant in made.items()} == {
        name: directory / f"{name}.tflite" for name in made
    }


def test_what_has_one_source_is_made_of_it_together(made, sources):
    assert sources.asked == [None, "steep"]


@pytest.mark.parametrize(("name", "slope"), [("float32", 1.0), ("steep", 2.0)])
def test_a_file_computes_what_its_source_does(name, slope, made):
    logits = TFLiteModel(made[name].path).predict(SAMPLE)["logits"]
    x = SAMPLE["point"][:, :1]
    np.testing.assert_allclose(logits, np.concatenate([-slope * x, slope * x], axis=1), atol=1e-6)


def test_the_precision_is_the_recipe_s(made):
    assert {name: variant.precision for name, variant in made.items()} == {
        "float32": "float32",
        "steep": "float32",
        "int8": "int8",
        "steep_int8": "int8",
        "float_head": "int8",
    }


def test_retrained_is_what_a_recipe_trained(made):
    assert [name for name, variant in made.items() if variant.retrained] == ["steep", "steep_int8"]


def test_the_difference_is_from_its_own_source(made):
    assert made["steep"].difference == pytest.approx(0, abs=1e-6)
    assert 0 < made["int8"].difference < 0.05


def test_layers_that_stay_float_are_as_exact_as_they_were(made):
    assert 0 < made["float_head"].difference <= made["int8"].difference


def test_only_what_was_quantized_after_training_has_errors_by_layer(made):
    assert [name for name, variant in made.items() if variant.layer_errors] == ["int8", "steep_int8", "float_head"]


def test_the_zeros_of_each_kernel_are_counted(made):
    # Half of both kernels.
    assert [(each.layer, each.sparsity, each.weights) for each in made["float32"].layer_sparsity] == [
        ("hidden", 0.5, 8),
        ("head", 0.5, 8),
    ]


def test_a_quantization_aware_model_is_converted_as_its_own_nodes_say(tmp_path, conversions_in_this_process):
    class AwareSources(Sources):
        def source(self, recipe):
            # Its ranges end at 1 m, beyond which the file then clips; a range by the sample would reach 3 m.
            near = {"point": np.clip(SAMPLE["point"], -1, 1)}
            return for_conversion(quantization_aware(points_model(), recipe.quantize_aware, near))

    recipe = Recipe(name="aware", precision="int8", quantize_aware={})
    [variant] = make_variants([recipe], AwareSources(), SAMPLE, tmp_path)
    [logits] = TFLiteModel(variant.path).predict({"point": np.array([[3.0, 0.0]], np.float32)})["logits"]
    np.testing.assert_allclose(logits, [-1.0, 1.0], atol=0.05)
    assert list(variant.layer_errors) == []


def test_a_file_of_twice_the_logits_differs_by_their_mean_over_their_deviation(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(tflite_content(right_answer, tmp_path / "saved"))
    sample = {"point": np.array([[1.0, 0.0], [-1.0, 0.0]], np.float32)}
    # Logits of the source are 2 and -2, of the file 1 and -1: off by 1 where the deviation is 2.
    assert difference(points_model(slope=2.0), path, sample) == pytest.approx(0.5)
