from pathlib import Path

import pytest

from pipeline.module_source import ModuleSource, read_module

TASK = '''
from abc import ABC
from typing import TYPE_CHECKING
from elsewhere import Foreign

if TYPE_CHECKING:
    import unneeded


class Options(ABC):
    model: int

    def width(self):
        """Says nothing."""
        return self.model.reduction()


class Mine(Options):
    def source(self):
        from data.digits import Digits  # late
        return Digits()

    @property
    def shape(self):
        return self.options.height

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
        return read_module(Path(path), package, is_passive=lambda module, name: False)

    return read


def test_methods_of_tasks_and_options_stand_by_themselves(read):
    source = read(TASK)
    assert source.passive == {"Options", "Mine"}
    assert set(source.by_name) == {"width", "source", "shape"}
    assert source.by_name["source"].imports == {("data.digits", "Digits")}


def test_what_somebody_else_may_call_runs_always(read):
    modules = {module for module, _ in read(TASK).always.imports}
    assert {"always_needed", "layers_need", "elsewhere"} <= modules


def test_imports_for_type_checkers_do_not_run(read):
    assert "unneeded" not in {module for module, _ in read(TASK).always.imports}


def test_values_of_options_are_no_calls(read):
    assert read(TASK).by_name["width"].names == {"reduction"}
    assert read(TASK).by_name["shape"].names == {"options"}


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
