"""What `slipway analyze` makes of a grid; whole analyses are in tests/e2e/test_architectures.py."""

from pathlib import Path

import pytest

import pipeline
from pipeline.commands.analyze import command, load_candidates
from pipeline.config import load_config
from pipeline.errors import ConfigError
from tests.pipeline.refusals import refusal

DIGITS = Path(pipeline.__file__).parent / "configs" / "digits.yaml"


def _candidates(tmp_path: Path, text: str):
    path = tmp_path / "grid.yaml"
    path.write_text(text)
    return load_candidates(path, load_config(DIGITS))


def test_each_candidate_is_the_config_with_its_values(tmp_path):
    candidates = _candidates(
        tmp_path,
        "as-it-is:\n"
        "small: {options.model.widths: [8, 16], train.learning_rate: 0.1}\n"
        "preactivated: {options.model: {kind: resnet, block: preactivation}}\n",
    )
    assert [each.name for each in candidates] == ["as-it-is", "small", "preactivated"]
    widths = [each.spec.load().options.model.widths for each in candidates]
    assert widths == [(24, 48), (8, 16), (16, 32, 64)]
    assert [each.train.learning_rate for each in candidates] == [0.004, 0.1, 0.004]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {options.model.widths: [8, 16, 32, 64, 128]}\n", r"16x16 pixels or more\. Received: 8x8"),
        ("a: {options.model.depth: 20, options.model.widths: [8]}\n", r"depth decides widths"),
        (
            "a: {options.model.width: 1}\n",
            r"a: options\.model\.width: no such key of this kind, .* Did you mean options\.model\.widths",
        ),
    ],
)
def test_values_that_the_config_cannot_have(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        _candidates(tmp_path, text)


def test_a_grid_that_is_not_there_is_wrong_usage(tmp_path):
    message = refusal(command, DIGITS, "--grid", tmp_path / "none.yaml", "--root", tmp_path / "root")
    assert "--grid must be a readable YAML file. Received: " in message
    assert not list(tmp_path.iterdir())
