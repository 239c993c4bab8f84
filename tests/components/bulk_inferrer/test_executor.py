"""Predictions of a pushed version of Points, which is right about every point."""

import gzip
import json
import shutil
from pathlib import Path

import apache_beam as beam
import numpy as np
import pytest

from components.bulk_inferrer import executor
from components.bulk_inferrer.executor import write_predictions
from components.bulk_inferrer.predictor import VariantNotPushedError
from components.shard_reading import check_readings
from data.errors import DataError
from tests.components.points import POINTS_CM, SPEC
from tests.components.variant_files import tflite_content, wrong_answer


@pytest.fixture(scope="module")
def version(points, tmp_path_factory) -> str:
    """As Pusher leaves it; its one TFLite file, which was chosen, is wrong about every point."""
    place = tmp_path_factory.mktemp("registry")
    shutil.copytree(Path(points.model.uri) / "Format-Serving", place / "1")
    bundle = place / "1" / "tflite"
    bundle.mkdir()
    (bundle / "int8.tflite").write_bytes(tflite_content(wrong_answer, place / "saved"))
    (bundle / "metadata.json").write_text(json.dumps({"variants": [{"name": "int8"}], "chosen": "int8"}))
    return str(place / "1")


def _write(version: str, uri: Path, *, variant: str | None = None, splits=("train", "test"), **options) -> dict:
    return write_predictions(
        task_spec=SPEC.model_copy(update={"options": options}).model_dump_json(),
        version=version,
        variant=variant,
        splits=splits,
        uri=str(uri),
        pipeline=beam.Pipeline(),
    )


def _lines(uri: Path, split: str) -> list[dict]:
    files = sorted((uri / f"Split-{split}").iterdir())
    return [json.loads(line) for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]


def _softmax(slope: float) -> np.ndarray:
    """Of the logits (-slope * x, slope * x), x in metres."""
    x = np.array([[point[0] / 100] for point in POINTS_CM])
    shares = np.exp(slope * x * [[-1, 1]])
    return shares / shares.sum(axis=1, keepdims=True)


def test_every_example_of_every_split_gets_what_a_client_would(version, tmp_path):
    assert _write(version, tmp_path) == {"train": 8, "test": 8}
    lines = _lines(tmp_path, "test")
    assert [line["origin"] for line in lines] == [f"test {number}" for number in range(8)]
    np.testing.assert_allclose([line["predictions"]["probabilities"] for line in lines], _softmax(1), atol=1e-6)


@pytest.mark.parametrize("variant", ["int8", "chosen"])
def test_a_tflite_file_gives_its_own_answers(version, tmp_path, variant):
    _write(version, tmp_path, variant=variant)
    found = [line["predictions"]["probabilities"] for line in _lines(tmp_path, "train")]
    np.testing.assert_allclose(found, _softmax(-1), atol=1e-6)


def test_batches_do_not_change_the_answers(version, tmp_path, monkeypatch):
    _write(version, tmp_path / "one")
    monkeypatch.setattr(executor, "BATCH_SIZE", 3)
    _write(version, tmp_path / "three")
    assert _lines(tmp_path / "one", "test") == _lines(tmp_path / "three", "test")


def test_a_split_without_shards_has_no_predictions(version, tmp_path):
    assert _write(version, tmp_path, empty=("test",)) == {"train": 8, "test": 0}


def test_a_variant_that_was_not_pushed_is_refused(version, tmp_path):
    with pytest.raises(VariantNotPushedError, match=r"\(int8\), or chosen\. Received: int9.*Did you mean int8\?"):
        _write(version, tmp_path, variant="int9")


def test_a_file_with_fewer_lines_than_examples_is_told(tmp_path):
    with gzip.open(tmp_path / "file.gz", "wt") as file:
        file.write("{}\n" * 7)
    with pytest.raises(DataError, match=r"Received: 7 predictions for 8 examples in .*file\.gz"):
        executor._check_count(str(tmp_path / "file.gz"), 8)


def test_a_shard_that_nobody_read_is_told(tmp_path):
    (tmp_path / "0.json").write_text('{"good": 1, "defects": [], "broken": ""}')
    with pytest.raises(DataError, match=r"Received: 1 of 2 that Beam's runner lost.*1\.json"):
        check_readings([str(tmp_path / "0.json"), str(tmp_path / "1.json")], allowed=0)
