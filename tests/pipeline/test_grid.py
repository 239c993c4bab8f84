from pathlib import Path

import pytest

import pipeline
from pipeline.config import load_config
from pipeline.errors import ConfigError
from pipeline.grid import load_grid

DIGITS = Path(pipeline.__file__).parent / "configs" / "digits.yaml"


def _grid(tmp_path: Path, text: str):
    path = tmp_path / "grid.yaml"
    path.write_text(text)
    return load_grid(path, load_config(DIGITS))


def test_each_candidate_is_the_config_with_its_values(tmp_path):
    grid = _grid(
        tmp_path,
        "as-it-is:\n"
        "small: {options.model.widths: [8, 16], train.learning_rate: 0.1}\n"
        "preactivated: {options.model: {kind: resnet, block: preactivation}}\n",
    )
    assert list(grid) == ["as-it-is", "small", "preactivated"]
    widths = [spec.load().options.model.widths for _, spec, _ in grid.values()]
    assert widths == [(24, 48), (8, 16), (16, 32, 64)]
    assert [train.learning_rate for _, _, train in grid.values()] == [0.004, 0.1, 0.004]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- small\n", r"--grid must hold names, .*Received: .*holds list"),
        ("", r"holds NoneType"),
        ("a: [1]\n", r"a grid must hold names, .*Received: a: \[1\]"),
        ("../a: {}\n", r"letters, digits, dots and dashes\. Received: '\.\./a'"),
        ("a: {model.widths: [8]}\n", r"a: a key must start with options\. or train\. Received: 'model\.widths'"),
        ("a: {trian.epochs: 3}\n", r"start with options\. or train\. Received: 'trian\.epochs'\. Did you mean train\?"),
        ("a: {options.model.widths: [8, 16, 32, 64, 128]}\n", r"16x16 pixels or more\. Received: 8x8"),
        ("a: {options.model.depth: 20, options.model.widths: [8]}\n", r"depth decides widths"),
        (
            "a: {options.model.width: 1}\n",
            r"a: options\.model\.width: no such key of this kind, .* Did you mean options\.model\.widths",
        ),
        ("a: {: }: ", r"must be YAML"),
    ],
)
def test_what_is_no_grid(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        _grid(tmp_path, text)


def test_a_grid_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match=r"readable YAML file\. Received: .*none\.yaml"):
        load_grid(tmp_path / "none.yaml", load_config(DIGITS))
