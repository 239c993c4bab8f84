"""The address of a registry, on its way from a config to what reads it."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

import pipeline
from pipeline.commands import backtest, episodes
from pipeline.errors import ConfigError

CONFIGS = Path(pipeline.__file__).parent / "configs"


@pytest.mark.parametrize(("command", "shipped"), [(backtest.command, "co2"), (episodes.command, "sinusoid")])
def test_the_address_of_a_registry_reaches_it_as_it_is(command, shipped, tmp_path):
    """The registry refuses this one; had its slashes been folded, it would be an empty folder of this machine."""
    config = yaml.safe_load((CONFIGS / f"{shipped}.yaml").read_text())
    (tmp_path / "pipeline.yaml").write_text(yaml.safe_dump({**config, "push": {"registry": "hdfs://host/registry"}}))
    error = CliRunner().invoke(command, [str(tmp_path / "pipeline.yaml"), "--root", str(tmp_path)]).exception
    assert isinstance(error, ConfigError)
    assert "Received: hdfs://host/registry." in str(error)
