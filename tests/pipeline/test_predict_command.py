"""`slipway predict` before it starts TensorFlow; `tests/components/bulk_inferrer` has what it writes."""

import base64
import json
from pathlib import Path

import pytest
import tensorflow as tf
from click.testing import CliRunner

from pipeline.commands.predict import command
from pipeline.errors import UsageError
from serving.registry import Registry
from tests.serving.client.servers import metadata, rest_server, tensor
from tests.serving.registry_sample import sample_push

DIGITS = Path(__file__).resolve().parents[2] / "pipeline" / "configs" / "digits.yaml"


def _predict(tmp_path: Path, *options: str) -> None:
    arguments = ["--batch", str(DIGITS), "--out", str(tmp_path / "out"), "--registry", str(tmp_path / "registry")]
    CliRunner().invoke(command, [*arguments, *options], catch_exceptions=False, standalone_mode=False)


def test_a_model_must_have_been_pushed(tmp_path):
    with pytest.raises(UsageError, match=r"A model must have been pushed first .*Received: digits"):
        _predict(tmp_path)


def test_a_version_must_be_there(tmp_path):
    Registry(tmp_path / "registry").push("digits", **sample_push(tmp_path, "a"), stage="canary")
    with pytest.raises(UsageError, match=r"A version must be at stage production.*Received: none of digits"):
        _predict(tmp_path)
    with pytest.raises(UsageError, match=r"A version must be one that digits has \(1\)\. Received: 7"):
        _predict(tmp_path, "--version", "7")
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"--out must be a new directory\. Received: .*/out, which is not empty"):
        _predict(tmp_path)


def _ask(*arguments: str) -> list[dict]:
    result = CliRunner().invoke(command, [*arguments], catch_exceptions=False, standalone_mode=False)
    return [json.loads(line) for line in result.output.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Received: neither"),
        (["http://h/v1/models/m", "--batch", str(DIGITS)], "Received: both"),
        (["http://h/v1/models/m"], "needs --input FILE"),
        (["http://h/v1/models/m", "--input", "a.jsonl", "--out", "x"], "--out does not go with MODEL_URL"),
        (["http://h/v1/models/m", "--input", "a.jsonl", "--set", "a=1"], "--set does not go with MODEL_URL"),
        (["--batch", str(DIGITS), "--out", "x", "--input", "a.jsonl"], "--input does not go with --batch"),
        (["--batch", str(DIGITS)], "needs --out"),
    ],
)
def test_each_form_has_its_own_options(arguments, message):
    with pytest.raises(UsageError, match=message):
        _ask(*arguments)


def test_a_served_model_is_asked_in_batches_and_says_one_line_an_example(tmp_path):
    images = [tmp_path / f"{number}.png" for number in range(3)]
    for image in images:
        image.write_bytes(image.name.encode())
    path = "/v1/models/digits"
    signature = (
        {"examples": tensor("DT_STRING", -1)},
        {"class_id": tensor("DT_INT64", -1), "class_name": tensor("DT_STRING", -1)},
    )
    answers = {
        ("GET", f"{path}/metadata"): [(200, metadata(serving_default=signature))],
        ("POST", f"{path}:predict"): [
            (200, '{"outputs": {"class_id": [4, 5], "class_name": ["four", "five"]}}'),
            (200, '{"outputs": {"class_id": [6], "class_name": ["six"]}}'),
        ],
    }
    with rest_server(answers) as asked:
        # As a shell expands *.png.
        lines = _ask(f"{asked.url}{path}", "--input", *map(str, images), "--batch-size", "2")
    assert lines == [
        {"origin": str(images[0]), "predictions": {"class_id": 4, "class_name": "four"}},
        {"origin": str(images[1]), "predictions": {"class_id": 5, "class_name": "five"}},
        {"origin": str(images[2]), "predictions": {"class_id": 6, "class_name": "six"}},
    ]
    [_, (_, _, first), (_, _, second)] = asked.requests
    assert [len(request["inputs"]["examples"]) for request in (first, second)] == [2, 1]
    example = tf.train.Example.FromString(base64.b64decode(second["inputs"]["examples"][0]["b64"]))
    assert example.features.feature["image"].bytes_list.value == [b"2.png"]


def test_a_signature_of_tensors_gets_tensors(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"x": [1, 2]}\n{"x": [3, 4]}\n')
    path = "/v1/models/m"
    signature = ({"x": tensor("DT_FLOAT", -1, 2)}, {"y": tensor("DT_FLOAT", -1, 1)})
    answers = {
        ("GET", f"{path}/metadata"): [(200, metadata(predict=signature))],
        ("POST", f"{path}:predict"): [(200, '{"outputs": [[0.5], [1.5]]}')],
    }
    with rest_server(answers) as asked:
        words = ("--input", str(tmp_path / "rows.jsonl"), "--signature", "predict")
        lines = _ask(f"{asked.url}{path}", *words)
    assert asked.requests[-1][2]["inputs"] == {"x": [[1, 2], [3, 4]]}
    assert [line["predictions"] for line in lines] == [{"y": [0.5]}, {"y": [1.5]}]
