from pathlib import Path

import pytest

from studies.architectures.grid import load_grid
from studies.errors import GridError


def _grid(tmp_path: Path, text: str):
    path = tmp_path / "grid.yaml"
    path.write_text(text)
    return load_grid(path)


def test_each_candidate_has_a_name_and_what_differs_in_the_order_of_the_file(tmp_path):
    grid = _grid(tmp_path, "small: {options.model.widths: [8, 16], train.learning_rate: 0.1}\nas-it-is:\n")
    assert list(grid.items()) == [
        ("small", {"options.model.widths": [8, 16], "train.learning_rate": 0.1}),
        ("as-it-is", {}),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- small\n", r"--grid must hold names, .*Received: .*holds list"),
        ("", r"holds NoneType"),
        ("a: [1]\n", r"a grid must hold names, .*Received: a: \[1\]"),
        ("../a: {}\n", r"letters, digits, dots and dashes\. Received: '\.\./a'"),
        ("a: {model.widths: [8]}\n", r"a: a key must start with options\. or train\. Received: 'model\.widths'"),
        ("a: {trian.epochs: 3}\n", r"start with options\. or train\. Received: 'trian\.epochs'\. Did you mean train\?"),
        ("a: {: }: ", r"must be YAML"),
    ],
)
def test_what_is_no_grid(tmp_path, text, message):
    with pytest.raises(GridError, match=message):
        _grid(tmp_path, text)


def test_a_grid_that_is_not_there(tmp_path):
    with pytest.raises(GridError, match=r"readable YAML file\. Received: .*none\.yaml"):
        load_grid(tmp_path / "none.yaml")
