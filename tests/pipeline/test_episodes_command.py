"""What `slipway episodes` refuses before it loads anything; a whole one is in tests/e2e/test_few_shot.py."""

import pytest
from click.testing import CliRunner

from pipeline.commands.episodes import command
from pipeline.errors import UsageError
from tests.pipeline.test_command_line import DIGITS

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
    done = CliRunner().invoke(command, [str(argument) for argument in arguments])
    assert isinstance(done.exception, UsageError)
    assert message in str(done.exception)
    assert not list(tmp_path.iterdir())
