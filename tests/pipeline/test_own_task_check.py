"""A task of a user's whose metrics cannot be computed is refused before anything runs."""

import contextlib
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from click.testing import CliRunner
from rich.console import Console

from pipeline import own_task
from pipeline.commands import config as config_command
from pipeline.commands import run as run_command
from pipeline.config import load_config
from pipeline.plan import PlannedNode
from pipeline.root import Root
from tasks.task_check import WrongTaskError

DIGITS = Path(__file__).resolve().parents[2] / "pipeline" / "configs" / "digits.yaml"
TABULAR = Path(__file__).resolve().parents[1] / "tasks" / "own_tabular.py"


@pytest.fixture
def write(tmp_path):
    """Writes the config of a task of one's own, whose one metric is of a class."""

    def write(module: str, class_name: str) -> Path:
        shutil.copy(TABULAR, tmp_path / f"{module}.py")
        task = (tmp_path / f"{module}.py").read_text()
        (tmp_path / f"{module}.py").write_text(task.replace("BinaryAccuracy", class_name))
        config = {"name": "parcels", "task": f"{module}.Tabular", "evaluate": {"gates": {"accuracy": {"min": 0.5}}}}
        (tmp_path / "pipeline.yaml").write_text(yaml.safe_dump(config))
        return tmp_path / "pipeline.yaml"

    return write


def test_config_check_computes_the_metrics_of_a_task_of_one_s_own(write):
    done = CliRunner().invoke(config_command.check, [str(write("parcels_right", "BinaryAccuracy"))])
    assert done.exit_code == 0, done.exception
    assert yaml.safe_load(done.output)["task"] == "parcels_right.Tabular"
    done = CliRunner().invoke(config_command.check, [str(write("parcels_wrong", "BinaryAcuracy"))])
    assert isinstance(done.exception, WrongTaskError)


def test_a_run_refuses_before_its_first_node(write, tmp_path):
    config = write("parcels_run", "BinaryAcuracy")
    done = CliRunner().invoke(run_command.command, [str(config), "--root", str(tmp_path / "root")])
    assert isinstance(done.exception, WrongTaskError)
    assert "Received from TFMA or Keras, BinaryAcuracy" in str(done.exception)
    assert not list((tmp_path / "root").glob("artifacts/*"))


@pytest.mark.parametrize(
    ("module", "is_cached", "enable_cache", "is_tried"),
    [
        ("own", False, True, True),
        ("own", True, True, False),
        ("own", True, False, True),
        ("shipped", False, True, False),
    ],
)
def test_what_evaluator_has_in_the_cache_and_shipped_tasks_are_not_tried(
    monkeypatch, tmp_path, write, module, is_cached, enable_cache, is_tried
):
    config = load_config(DIGITS if module == "shipped" else write("parcels_cached", "BinaryAcuracy"))
    nodes = [PlannedNode(name="Trainer", is_cached=False), PlannedNode(name="Evaluator", is_cached=is_cached)]
    monkeypatch.setattr(own_task, "plan", lambda *arguments, **options: nodes)
    pipeline = SimpleNamespace(enable_cache=enable_cache)
    with pytest.raises(WrongTaskError) if is_tried else contextlib.nullcontext():
        own_task.try_own_task(config, pipeline, Root(tmp_path), console=Console(), uncached=())
