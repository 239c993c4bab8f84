"""Compressor whole, of Points: two precisions, converted in this process."""

import json
from pathlib import Path

import numpy as np
import pytest
from etils import epath

from components.compressor.executor import compress_model
from components.compressor.options import CompressorOptions
from compression.choice import Budgets
from compression.files.packing import unpack_files
from records.variants import read_choice, read_measurements
from serving.tflite import TFLiteModel
from tests.components.points import SPEC
from training.options import TrainOptions


@pytest.fixture(scope="module")
def compressed(points, conversions_in_this_process, tmp_path_factory) -> Path:
    """The directory that holds `variants` and `workspaces`."""
    place = tmp_path_factory.mktemp("compressed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("components.compressor.measuring.peak_memory_bytes", lambda path: 1)
        compress_model(
            model_run=points.model_run,
            transformed_examples=points.transformed_examples,
            transform_graph=points.transform_graph,
            task_spec=SPEC.model_dump_json(),
            code="c0de",
            compress=CompressorOptions(
                variants=("float32", "int8"),
                calibration_examples=8,
                select_ops=(),
                budgets=Budgets(prefer="bytes", max_bytes=1_000_000),
            ),
            train=TrainOptions(),
            seed=7,
            workspaces=str(place / "workspaces"),
            uri=str(place / "variants"),
        )
    return place


def test_there_is_a_file_a_variant_its_measurements_and_the_choice(compressed):
    assert sorted(path.name for path in (compressed / "variants").iterdir()) == [
        "choice.json",
        "float32.tflite",
        "int8.tflite",
        "variants.json",
    ]


@pytest.mark.parametrize(("name", "atol"), [("float32", 1e-6), ("int8", 0.05)])
def test_the_files_compute_the_trained_model(name, atol, compressed):
    point = np.array([[3.0, 2.0], [-1.0, -2.0]], np.float32)
    logits = TFLiteModel(compressed / "variants" / f"{name}.tflite").predict({"point": point})["logits"]
    np.testing.assert_allclose(logits, [[-3.0, 3.0], [1.0, -1.0]], atol=atol)


def test_what_is_measured_is_the_file_that_ships(compressed):
    measured = {each.name: each for each in read_measurements(str(compressed / "variants"))}
    sizes = {name: (compressed / "variants" / f"{name}.tflite").stat().st_size for name in measured}
    assert {name: each.bytes for name, each in measured.items()} == sizes
    assert measured["int8"].eval_metric == 1.0


def test_the_choice_is_by_the_budgets(compressed):
    measured = read_measurements(str(compressed / "variants"))
    assert read_choice(str(compressed / "variants")).variant == min(measured, key=lambda each: each.bytes).name


def test_a_file_carries_its_labels_and_where_it_comes_from(compressed):
    files = unpack_files((compressed / "variants" / "int8.tflite").read_bytes())
    assert files["labels.txt"] == "left\nright\n"
    described = json.loads(files["model.json"])
    assert (described["variant"], described["provenance"]["seed"]) == ("int8", 7)


def test_nothing_is_left_to_go_on_from(compressed):
    workspaces = epath.Path(compressed / "workspaces")
    assert not workspaces.exists() or not list(workspaces.iterdir())
