"""What `slipway episodes` refuses before it loads anything; a whole one is in tests/e2e/test_few_shot.py."""

import pytest

from pipeline.commands.episodes import command
from serving.registry import Registry
from tests.pipeline.refusals import refusal
from tests.pipeline.shipped import DIGITS

SINUSOID = DIGITS.with_name("sinusoid.yaml")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([DIGITS], "CONFIG must be of a few-shot task. Received: tasks.image_classification.ImageClassification"),
        ([SINUSOID, "--root", "nowhere"], "A model must have been pushed first"),
        ([SINUSOID, "--root", "nowhere", "--version", "3"], "A model must have been pushed first"),
    ],
)
def test_what_cannot_be_done_is_told_at_once(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in refusal(command, *arguments)
    assert not list(tmp_path.iterdir())


def test_a_root_to_compare_with_must_have_a_learner(tmp_path):
    (tmp_path / "saved_model").mkdir()
    (tmp_path / "saved_model" / "saved_model.pb").write_bytes(b"graph")
    Registry(tmp_path / "root" / "registry").push(
        "sinusoid", push_key="1", saved_model=tmp_path / "saved_model", stage="production"
    )
    message = refusal(command, SINUSOID, "--root", tmp_path / "root", "--against", tmp_path / "other")
    assert "--against must be a root with a pushed few-shot learner. Received: " in message
    assert "other" in message
