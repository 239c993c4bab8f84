"""`slipway predict` before it starts TensorFlow; `tests/components/bulk_inferrer` has what it writes."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.commands.predict import command
from pipeline.errors import UsageError
from serving.registry import Registry
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
