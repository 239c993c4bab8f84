import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import tasks
from tasks.base import Task
from tasks.image_classification import ImageClassification
from tasks.loading import RenamedMethodError, TaskNotFoundError, TaskSpec, task_class
from tasks.shipped import SHIPPED_TASKS


def test_the_shipped_tasks_are_all_that_there_are():
    for module in pkgutil.walk_packages(tasks.__path__, "tasks."):
        importlib.import_module(module.name)
    concrete = [cls for cls in _below(Task) if cls.__module__.startswith("tasks.") and not inspect.isabstract(cls)]
    assert set(concrete) == {task_class(path) for path in SHIPPED_TASKS}


@pytest.mark.parametrize(
    "path",
    [
        "tasks.image_classification.ImageClassification",
        "tasks.forecasting.Forecasting",
        "tasks.few_shot_classification.FewShotClassification",
        "tasks.few_shot_regression.FewShotRegression",
    ],
)
def test_the_paths_that_configs_of_0_1_0_name_still_lead_to_the_tasks(path):
    assert task_class(path).__name__ == path.rpartition(".")[2]


def _below(cls: type) -> list[type]:
    return [found for child in cls.__subclasses__() for found in (child, *_below(child))]


def test_the_names_of_the_shipped_tasks_cost_no_import_of_them():
    modules = {path.rpartition(".")[0] for path in SHIPPED_TASKS}
    script = f"import sys; import tasks.loading; assert not {modules} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_method_by_its_old_name_is_refused_instead_of_never_called(monkeypatch):
    monkeypatch.setattr(ImageClassification, "adapt", lambda self, model: model, raising=False)
    with pytest.raises(RenamedMethodError, match=r"with_train_statistics. Received: .*ImageClassification.adapt"):
        task_class("tasks.image_classification.ImageClassification")


def test_who_names_no_task_is_told_the_shipped_ones():
    with pytest.raises(TaskNotFoundError) as error:
        task_class("tasks.nowhere.Task")
    assert all(path in str(error.value) for path in SHIPPED_TASKS)


@pytest.mark.parametrize(
    "path", ["ImageClassification", "tasks.nowhere.Task", "tasks.image_classification.Nothing", "json.JSONDecoder", ""]
)
def test_what_is_no_task_is_refused(path):
    with pytest.raises(TaskNotFoundError, match=r"Received: '.*Name one of the shipped tasks|Received: ''"):
        task_class(path)


def test_a_class_of_the_user_s_module_may_be_meant(tmp_path, monkeypatch):
    (tmp_path / "scans_task.py").write_text(
        "from tasks.image_classification import ImageClassification\nclass Scans(ImageClassification):\n    pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(TaskNotFoundError, match=r"Did you mean scans_task\.Scans\?"):
        task_class("scans_task.Scan")


def test_a_spec_is_checked_when_it_is_loaded():
    spec = TaskSpec(task="tasks.image_classification.ImageClassification", options={"heigth": 8})
    with pytest.raises(ValueError, match="heigth"):
        spec.load()
