import importlib.metadata

import pytest

from pipeline.step_code import step_code

TASK = """
from tasks.base import Task, TaskOptions
import helper

class Mine(Task):
    Options = TaskOptions

    def source(self):
        from own_source import read
        return read()

    def metrics(self):
        import own_metrics
        return own_metrics.ALL
"""
FILES = {
    "own_task": TASK,
    "helper": "from package.inner import value\n",
    "package/__init__": "",
    "package/inner": "value = 1\n",
    "own_source": "import numpy\ndef read():\n    return numpy.zeros(1)\n",
    "own_metrics": "ALL = ()\n",
    "reads_source": "def run(task):\n    return task.source()\n",
    "judges": "def run(task):\n    return task.metrics()\n",
    "starts_a_process": "COMMAND = ('-m', 'serving.latency')\n",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A user's folder, from which modules can be imported."""
    for name, text in FILES.items():
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_modules_that_a_users_module_imports_count(folder):
    before = step_code("own_task", "reads_source")
    assert {"own_task", "helper", "package", "package.inner", "own_source"} <= before.modules.keys()
    (folder / "package" / "inner.py").write_text("value = 2\n")
    after = step_code("own_task", "reads_source")
    assert {m for m in before.modules if before.modules[m] != after.modules[m]} == {"package.inner"}
    assert before.digest != after.digest


def test_a_step_depends_on_the_methods_that_it_calls(folder):
    source, metrics = step_code("own_task", "reads_source"), step_code("own_task", "judges")
    assert "own_metrics" not in source.modules
    assert "own_source" not in metrics.modules
    (folder / "own_task.py").write_text(TASK.replace("own_metrics.ALL", "own_metrics.ALL + ()"))
    assert step_code("own_task", "reads_source") == source
    assert step_code("own_task", "judges") != metrics


def test_a_module_named_in_a_string_counts(folder):
    assert "serving.latency" in step_code("starts_a_process").modules


def test_versions_are_those_of_what_is_imported(folder):
    versions = step_code("own_task", "reads_source").versions
    assert versions["numpy"] == importlib.metadata.version("numpy")
    assert "python" in versions
    assert "numpy" not in step_code("judges").versions


def test_installed_executors_count_by_what_they_import():
    versions = step_code("tfx.components.statistics_gen.executor").versions
    assert {"tfx", "tensorflow-data-validation"} <= versions.keys()
    assert step_code("tfx.components.statistics_gen.executor").modules == {}


@pytest.mark.parametrize(
    ("step", "task", "runs", "does_not"),
    [
        ("components.data_gate.component", None, "components.gates", "training.loop"),
        ("components.evaluator.executor", "tasks.forecasting", "tasks.forecast_metrics", "training.loop"),
        ("components.evaluator.executor", "tasks.forecasting", "components.evaluator.findings", "tasks.few_shot"),
        ("components.example_gen.component", "tasks.image_classification", "data.digits", "models.resnet"),
        ("components.transform.preprocessing", "tasks.forecasting", "tasks.forecast_scaler", "tasks.forecast_serving"),
        ("components.trainer.run_fn", "tasks.image_classification", "models.resnet", "tasks.forecasting"),
        ("components.trainer.run_fn", "tasks.forecasting", "models.encoder_decoder", "models.resnet"),
        (
            "components.compressor.component",
            "tasks.image_classification",
            "compression.conversion_worker",
            "tasks.few_shot",
        ),
        ("components.edge_evaluator.component", "tasks.few_shot_regression", "tasks.few_shot_metrics", "data.omniglot"),
        ("components.serving_check.component", "tasks.image_classification", "models.resnet", "tasks.forecasting"),
        ("components.pusher.component", "tasks.image_classification", "serving.registry", "training.loop"),
    ],
)
def test_steps_depend_on_what_they_run_and_on_no_more(step, task, runs, does_not):
    modules = step_code(step, *([task] if task else [])).modules
    assert runs in modules
    assert does_not not in modules
