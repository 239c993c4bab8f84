import importlib.metadata
import subprocess
import sys
from pathlib import Path

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


def _changes(before, folder, name: str, text: str, *modules: str) -> set[str]:
    """The modules and files whose digests another text of one changes."""
    (folder / name).write_text(text)
    after = step_code(*modules)
    names = before.modules.keys() | after.modules.keys()
    return {each for each in names if before.modules.get(each) != after.modules.get(each)}


def test_packages_need_no_init(folder):
    (folder / "bare" / "deep").mkdir(parents=True)
    (folder / "bare" / "deep" / "task.py").write_text("from bare.other import x\n")
    (folder / "bare" / "other.py").write_text("x = 1\n")
    before = step_code("bare.deep.task")
    assert _changes(before, folder, "bare/other.py", "x = 2\n", "bare.deep.task") == {"bare.other"}


def test_a_users_module_that_only_a_string_names_counts(folder):
    (folder / "judged.py").write_text('METRIC = {"module": "own_metrics"}\n')
    before = step_code("judged")
    assert _changes(before, folder, "own_metrics.py", "ALL = (1,)\n", "judged") == {"own_metrics"}


def test_a_file_beside_a_users_module_counts(folder):
    (folder / "reads_file.py").write_text("NAMES = open('labels.json')\n")
    (folder / "labels.json").write_text("[]")
    before = step_code("reads_file")
    assert _changes(before, folder, "labels.json", "[1]", "reads_file") == {"reads_file: labels.json"}


def test_a_file_beside_the_config_hides_no_room(folder):
    ours = step_code("components.trainer.run_fn", "tasks.image_classification")
    (folder / "models.py").write_text("x = 1\n")
    assert step_code("components.trainer.run_fn", "tasks.image_classification") == ours


def test_options_methods_count_by_any_attribute(folder):
    options = """
from tasks.base import Task, TaskOptions

class Options(TaskOptions):
    def grid(self):
        return {size}

class Mine(Task):
    def metrics(self):
        return self.options.grid()
"""
    (folder / "gridded.py").write_text(options.replace("{size}", "1"))
    before = step_code("gridded", "judges")
    assert _changes(before, folder, "gridded.py", options.replace("{size}", "2"), "gridded", "judges") == {"gridded"}


def test_modules_may_import_each_other(folder):
    (folder / "package" / "__init__.py").write_text(
        "from tasks.base import Task\nclass Base(Task): pass\nfrom .impl import Mine\nclass More(Mine): pass\n"
    )
    (folder / "package" / "impl.py").write_text("from . import Base\nclass Mine(Base):\n    pass\n")
    assert {"package", "package.impl"} <= step_code("package.impl").modules.keys()


@pytest.mark.parametrize(
    "heading",
    [
        "import tasks.image_classification as ic\nclass Mine(ic.ImageClassification):",
        "from tasks import image_classification\nclass Mine(image_classification.ImageClassification):",
        "from given_on import ImageClassification\nclass Mine(ImageClassification):",
        "from given_on import ImageClassification\nclass Mix: pass\nclass Mine(Mix, ImageClassification):",
    ],
)
def test_a_users_task_makes_no_step_depend_on_every_layer(folder, heading):
    (folder / "given_on.py").write_text("from tasks.image_classification import ImageClassification\n")
    (folder / "inherits.py").write_text(f"{heading}\n    def metrics(self):\n        import own_metrics\n")
    modules = step_code("components.example_gen.component", "inherits").modules
    assert "data.images.digits" in modules
    assert not {"own_metrics", "models.classifiers.resnet"} & modules.keys()


@pytest.mark.parametrize(
    ("module", "name", "other"),
    [
        ("models.classifiers.resnet", "resnet", "models.classifiers.vit"),
        ("models.forecasters.linear", "dlinear", "models.forecasters.encoder_decoder"),
        ("data.images.digits", "Digits", "data.images.csv"),
        ("data.series.co2", "CO2", "data.series.file"),
    ],
)
def test_a_task_that_names_one_of_a_family_depends_on_no_other(folder, module, name, other):
    task = TASK.replace("from own_source import read\n        return read()", f"from {module} import {name}")
    (folder / "names_one.py").write_text(task + "\n    def model(self):\n        return self.options.build()\n")
    reads_all = "def run(task):\n    return task.source(), task.model()\n"
    (folder / "reads_all.py").write_text(reads_all)
    modules = step_code("names_one", "reads_all").modules
    assert module in modules
    assert other not in modules


def test_a_module_that_is_no_python_is_left_to_who_imports_it(folder):
    (folder / "broken.py").write_text("def (\n")
    (folder / "tries.py").write_text("try:\n    import broken\nexcept SyntaxError:\n    pass\n")
    assert step_code("tries").modules.keys() == {"tries"}


def test_versions_are_those_of_what_is_imported(folder):
    versions = step_code("own_task", "reads_source").versions
    assert versions["numpy"] == importlib.metadata.version("numpy")
    assert "python" in versions
    assert "numpy" not in step_code("judges").versions


def test_a_distributions_second_copy_behind_it_is_not_what_is_imported(tmp_path):
    """Setuptools puts its own copies at the end of Python's path once something imports it, as TensorFlow does."""
    copy = tmp_path / "numpy-99.0.dist-info"
    copy.mkdir()
    (copy / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 99.0\n")
    (copy / "RECORD").write_text("numpy/__init__.py,,\nnumpy-99.0.dist-info/METADATA,,\n")
    script = (
        f"import sys; sys.path.append({str(tmp_path)!r})\n"
        "from pipeline.step_code import step_code\n"
        "print(step_code('data.images.digits').versions['numpy'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=Path(__file__).resolve().parents[2]
    )
    assert done.stdout.strip() == importlib.metadata.version("numpy"), done.stderr


def test_installed_executors_count_by_what_they_import():
    versions = step_code("tfx.components.statistics_gen.executor").versions
    assert {"tfx", "tensorflow-data-validation"} <= versions.keys()
    assert step_code("tfx.components.statistics_gen.executor").modules == {}


@pytest.mark.parametrize(
    ("step", "task", "runs", "does_not"),
    [
        ("components.data_gate.component", None, "components.gates", "training.loop"),
        ("components.evaluator.executor", "tasks.forecasting", "tasks.forecasting.tfma_metric", "training.loop"),
        (
            "components.evaluator.executor",
            "tasks.forecasting.task",
            "components.evaluator.findings",
            "tasks.few_shot.base",
        ),
        (
            "components.example_gen.component",
            "tasks.image_classification",
            "data.images.digits",
            "models.classifiers.resnet",
        ),
        (
            "components.transform.preprocessing",
            "tasks.forecasting.task",
            "tasks.forecasting.scaler",
            "tasks.forecasting.serving",
        ),
        (
            "components.trainer.run_fn",
            "tasks.image_classification",
            "models.classifiers.resnet",
            "tasks.forecasting.task",
        ),
        (
            "components.trainer.run_fn",
            "tasks.forecasting.task",
            "models.forecasters.encoder_decoder",
            "models.classifiers.resnet",
        ),
        (
            "components.compressor.component",
            "tasks.image_classification",
            "compression.conversion.worker",
            "tasks.few_shot.base",
        ),
        (
            "components.edge_evaluator.component",
            "tasks.few_shot.regression",
            "tasks.few_shot.tfma_metric",
            "data.images.omniglot",
        ),
        (
            "components.serving_check.component",
            "tasks.image_classification",
            "models.classifiers.resnet",
            "tasks.forecasting.task",
        ),
        ("components.pusher.component", "tasks.image_classification", "serving.registry.registry", "training.loop"),
    ],
)
def test_steps_depend_on_what_they_run_and_on_no_more(step, task, runs, does_not):
    modules = step_code(step, *([task] if task else [])).modules
    assert runs in modules
    assert does_not not in modules
