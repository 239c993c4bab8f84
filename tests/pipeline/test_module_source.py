from pathlib import Path

import pytest

from pipeline.module_source import ModuleSource, read_module

TASK = '''
from pydantic import BaseModel
from tasks.base import Task
import tasks.base as base
from typing import TYPE_CHECKING
from elsewhere import Foreign

if TYPE_CHECKING:
    import unneeded
else:
    import needed


class Options(BaseModel):
    model: int

    def width(self):
        """Says nothing."""
        return self.model.reduction()

    def model_post_init(self, context):
        import pydantic_calls


class Plain:
    def help(self):
        import always_there


class Mine(Plain, Task):
    def source(self):
        from data.images.digits import Digits  # late
        return Digits()

    @property
    def shape(self):
        return self.options.height

    @functools.cached_property
    def size(self):
        return getattr(self, "labels")

    def given_on(self):
        import bound_to_another_name

    metrics = given_on


class Other(base.Task):
    def labels(self):
        import late

    @validated
    def checked(self):
        import always_needed


class Layer(Foreign):
    def call(self):
        import layers_need
'''


@pytest.fixture
def read(tmp_path):
    def read(text: str, package: str = "") -> ModuleSource:
        path = tmp_path / "module.py"
        path.write_text(text)
        return read_module(Path(path), "module", package, kind_of=lambda module, name: None)

    return read


def test_methods_of_tasks_and_options_stand_by_themselves(read):
    source = read(TASK)
    assert {source.kinds[name] for name in ("Mine", "Other")} == {"task"}
    assert source.kinds["Options"] == "options"
    assert set(source.by_name) == {
        ("options", "width"),
        ("task", "source"),
        ("task", "shape"),
        ("task", "size"),
        ("task", "labels"),
    }
    assert source.by_name["task", "source"].imports == {("data.images.digits", "Digits")}


def test_what_somebody_else_may_call_runs_always(read):
    modules = {module for module, _ in read(TASK).always.imports}
    assert {"always_needed", "layers_need", "elsewhere", "pydantic_calls", "always_there"} <= modules
    assert "bound_to_another_name" in modules
    assert "late" not in modules


def test_imports_for_type_checkers_do_not_run(read):
    modules = {module for module, _ in read(TASK).always.imports}
    assert "unneeded" not in modules
    assert "needed" in modules


def test_values_of_options_are_no_calls_of_a_task(read):
    assert read(TASK).by_name["options", "width"].methods == {
        ("options", "model"),
        ("options", "reduction"),
        ("task", "reduction"),
    }
    assert ("task", "height") not in read(TASK).by_name["task", "shape"].methods


def test_a_name_as_a_text_counts(read):
    assert ("task", "labels") in read(TASK).by_name["task", "size"].methods


def test_a_method_of_another_class_is_another(read):
    text = "from tasks.base import Task\nclass A(Task):\n{}    b = 1\nclass B(Task):\n{}    b = 1\n"
    method = "    def metrics(self):\n        return 1\n"
    digests = [read(text.format(*where)).by_name["task", "metrics"].digest for where in ((method, ""), ("", method))]
    assert digests[0] != digests[1]


def test_the_encoding_is_what_the_file_says(tmp_path):
    path = tmp_path / "module.py"
    path.write_bytes("# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"))
    source = read_module(path, "module", "", kind_of=lambda module, name: None)
    assert source.always.texts == {"é"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1\n", "# why\nx = 1\n"),
        ("def f():\n    return 1\n", 'def f():\n    """What."""\n    return 1\n'),
        ("x = 1\n", '"""Docs."""\n\nx  =  1\n'),
    ],
)
def test_comments_docstrings_and_layout_are_no_code(read, before, after):
    assert read(before).always.digest == read(after).always.digest


def test_code_is(read):
    assert read("x = 1\n").always.digest != read("x = 2\n").always.digest
    assert read('def f():\n    return "a"\n').always.digest != read('def f():\n    return "b"\n').always.digest


def test_relative_imports_start_at_the_package(read):
    source = read("from . import one\nfrom .two import three\nfrom ..four import five\n", "a.b")
    assert source.always.imports == {("a.b", "one"), ("a.b.two", "three"), ("a.four", "five")}
