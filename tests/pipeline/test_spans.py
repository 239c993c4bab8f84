"""Data in spans on the command line, before anything runs."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from data.errors import SourceNotFoundError
from pipeline.cli import cli
from pipeline.config import load_config, load_task
from pipeline.errors import ConfigError
from pipeline.places import local_places
from pipeline.root import Root
from pipeline.run_key import run_key
from pipeline.source_tree import SourceTree


@pytest.fixture
def config(tmp_path) -> Path:
    for span in (1, 2, 4):
        _write(tmp_path, span)
    config = {
        "name": "sizes",
        "task": "tasks.tabular.Tabular",
        "options": {"source": {"kind": "csv", "file": "{SPAN}.csv"}, "label": {"column": "large"}},
        "evaluate": {"gates": {"accuracy": {"min": 0.9}}},
    }
    (tmp_path / "pipeline.yaml").write_text(yaml.safe_dump(config))
    return tmp_path / "pipeline.yaml"


def _write(folder: Path, span: int) -> None:
    rows = [f"{row}.5,{'yes' if row > 20 else 'no'}" for row in range(40)]
    (folder / f"{span}.csv").write_text("\n".join(["size,large", *rows]) + "\n")


def _slipway(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, list(map(str, words)))


@pytest.mark.parametrize(
    ("choice", "spans"), [("latest", "4"), ("2", "2"), ("{last: 2}", "2, 4"), ("{exactly: {1: null}}", "1")]
)
def test_a_check_says_which_spans_a_run_would_take(config, choice, spans):
    checked = _slipway("config", "check", config, "--set", f"options.source.span={choice}")
    assert checked.exit_code == 0, checked.output
    assert f"span     {spans}\n" in checked.stderr
    assert ("! no span 3 between the others" in checked.stderr) == (spans == "2, 4")


@pytest.mark.parametrize("words", [("--span", "3"), ("--explain", "--span", "3"), ("--set", "options.source.span=3")])
def test_a_run_of_a_span_that_is_missing(config, words):
    error = _slipway("run", config, *words).exception
    assert isinstance(error, SourceNotFoundError)
    assert "options.source.span must be a span that is there. Received: 3, and" in str(error)
    assert "has 1, 2, 4. Take one of these, or latest." in str(error)
    assert not (config.parent / "output").exists()


def test_a_source_without_spans(config):
    error = _slipway("run", config, "--set", f"options.source.file={config.parent}/1.csv", "--span", "1").exception
    assert isinstance(error, ConfigError)
    assert "span is of paths with {SPAN}" in str(error)


def test_steps_are_handed_spans_by_their_numbers(config):
    assert load_config(config).task_spec().options["source"]["span"] == {"last": None, "exactly": {"4": None}}


def test_a_new_span_is_another_run_and_the_one_asked_for_the_same(config):
    def key(choice: object) -> str:
        loaded = load_config(config, {"options.source.span": choice})
        fingerprint = load_task(loaded).source().fingerprint()
        return run_key(
            loaded, local_places(loaded, Root(config.parent / "root"), fingerprint=fingerprint), SourceTree()
        )

    latest, fourth = key("latest"), key(4)
    _write(config.parent, 5)
    assert key("latest") != latest
    assert key(4) == fourth
