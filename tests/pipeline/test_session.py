"""Which root a command takes."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from pipeline.commands import backtest, episodes, sensitivity
from pipeline.config import load_config
from pipeline.errors import ConfigError
from pipeline.session import root_of
from tests.pipeline.shipped import DIGITS

CONFIGS = DIGITS.parent


def _write(folder: Path, shipped: str = "digits", **changes: object) -> Path:
    """A shipped config, without a root unless one is given."""
    config = yaml.safe_load((CONFIGS / f"{shipped}.yaml").read_text())
    del config["root"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pipeline.yaml").write_text(yaml.safe_dump({**config, **changes}))
    return folder / "pipeline.yaml"


@pytest.mark.parametrize("here", [".", "one", "/"])
def test_projects_of_one_name_have_roots_of_their_own_wherever_the_command_is_typed(tmp_path, monkeypatch, here):
    paths = [_write(tmp_path / folder) for folder in ("one", "two")]
    monkeypatch.chdir(tmp_path / here)
    roots = [root_of(load_config(path), None).path for path in paths]
    assert roots == [tmp_path / "one" / "output" / "digits", tmp_path / "two" / "output" / "digits"]


@pytest.mark.parametrize(
    ("root", "place"), [("runs", "project/runs"), ("../shared", "shared"), ("/srv/slipway", "/srv/slipway")]
)
def test_a_config_s_root_starts_at_its_folder(tmp_path, root, place):
    assert root_of(load_config(_write(tmp_path / "project", root=root)), None).path == tmp_path / place


def test_the_command_line_has_the_last_word_and_starts_where_it_is_typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = load_config(_write(tmp_path / "project", root="runs"))
    assert root_of(config, Path("mine")).path == tmp_path / "mine"


def test_a_root_is_no_address(tmp_path):
    message = r"root: a root is a directory on this machine: .* Received: 'gs://bucket/runs'\. .*artifacts and push"
    with pytest.raises(ConfigError, match=message):
        load_config(_write(tmp_path, root="gs://bucket/runs"))


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.name)
def test_shipped_configs_run_in_output_of_the_checkout(path):
    config = load_config(path)
    assert root_of(config, None).path == CONFIGS.parents[1] / "output" / config.name


@pytest.mark.parametrize(
    ("command", "shipped"), [(backtest.command, "co2"), (episodes.command, "sinusoid"), (sensitivity.command, "digits")]
)
def test_commands_on_what_a_run_left_look_where_the_config_s_runs_go(tmp_path, monkeypatch, command, shipped):
    monkeypatch.chdir(tmp_path)
    config = _write(tmp_path / "project", shipped)
    done = CliRunner().invoke(command, [str(config)])
    assert f"{tmp_path}/project/output/{shipped}" in str(done.exception)
