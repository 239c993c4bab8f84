"""The reference of all options, in the terminal and as a page."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Literal

import pytest
from click.testing import CliRunner
from pydantic import BaseModel, Field

from pipeline.commands.config import command
from pipeline.config import PipelineConfig
from pipeline.config_keys import key_text, option_groups
from pipeline.option_search import find_options
from pipeline.option_text import default_text, option_description, type_text, value_text
from pipeline.reference import reference
from tasks.loading import task_class
from tasks.shipped import SHIPPED_TASKS

HOME = Path(__file__).resolve().parents[2]
PAGE = HOME / "docs" / "reference.md"
GROUPS = list(option_groups(PipelineConfig))
ALL = {"": GROUPS, **{path: list(option_groups(task_class(path).Options, ("options",))) for path in SHIPPED_TASKS}}


class Inner(BaseModel):
    """An inner section.

    More about it.
    """

    kind: Literal["inner"] = "inner"
    size: int = Field(ge=1, lt=9, description="How large.")


class Other(BaseModel):
    """Another one."""

    kind: Literal["other"] = "other"


class Outer(BaseModel):
    """An outer section."""

    number: float | None = Field(None, gt=0)
    names: tuple[Annotated[str, Field(pattern="^a")], ...] = Field(("a",), min_length=1)
    pair: tuple[int, float] = (1, 2.5)
    choice: Literal["a", "b"] | None = None
    either: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    by_name: dict[str, Inner] = Field(default_factory=dict)
    sizes: dict[Literal["train", "test"], int] = Field(default_factory=lambda: {"train": 1})
    inner: Annotated[Inner | Other, Field(discriminator="kind")] = Field(default_factory=lambda: Inner(size=1))
    only: Inner
    flag: bool = True


def _run(*arguments: str) -> str:
    return CliRunner().invoke(command, arguments, catch_exceptions=False).output


def test_the_page_is_the_one_that_the_command_prints():
    """After a change of an option: slipway config reference > docs/reference.md"""
    assert PAGE.read_text() == reference(SHIPPED_TASKS)


@pytest.mark.parametrize("task", ALL)
def test_the_page_has_every_key_of_every_section(task):
    page = PAGE.read_text()
    part = page.partition(f"## Options of `{task}`\n" if task else "## The config\n")[2].partition("\n## ")[0]
    for group in ALL[task]:
        section = part
        if group.key:
            kinds = f", kind: {', '.join(group.kinds)}" if group.kinds else ""
            assert f"### `{key_text(group.key)}`{kinds}\n" in part
            section = part.partition(f"### `{key_text(group.key)}`{kinds}\n")[2].partition("\n### ")[0]
        for name in group.model.model_fields:
            assert f"\n| `{name}` | " in section


@pytest.mark.parametrize(("task", "group"), [(task, group) for task, groups in ALL.items() for group in groups])
def test_every_option_says_what_it_is(task, group):
    silent = [str(option) for option in group.options if not option_description(option) and option.key[-1] != "kind"]
    assert silent == []


@pytest.mark.parametrize(
    ("name", "value", "default"),
    [
        ("number", "number > 0, or null", "null"),
        ("names", "list of texts matching ^a, length >= 1", "[a]"),
        ("pair", "list of 2: whole number, number", "[1, 2.5]"),
        ("choice", "one of a, b, or null", "null"),
        ("either", "whole number >= 1 or auto", "auto"),
        ("by_name", "mapping of names to sections", "{}"),
        ("sizes", "mapping of train, test to whole numbers", "{train: 1}"),
        ("inner", "section, by its kind: inner, other", "kind: inner"),
        ("only", "section", "required"),
        ("flag", "true or false", "true"),
    ],
)
def test_values_and_defaults_are_told(name, value, default):
    info = Outer.model_fields[name]
    assert (value_text(info), default_text(info)) == (value, default)
    assert type_text(info.annotation) in value_text(Outer.model_fields[name]) or "null" in value


def test_groups_are_those_of_all_models_within():
    groups = list(option_groups(Outer))
    assert [(key_text(group.key), group.kinds) for group in groups] == [
        ("", ()),
        ("by_name.NAME", ()),
        ("inner", ("inner",)),
        ("inner", ("other",)),
        ("only", ()),
    ]
    assert [str(option) for option in groups[2].options] == ["inner.kind", "inner.size"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("train.schedule", ["train.schedule"]),
        ("warmup_epochs", ["train.schedule.warmup_epochs"]),
        ("schedule.kind", ["train.schedule.kind"]),
        ("evaluate.gates.accuracy.min", ["evaluate.gates.NAME.min"]),
        ("evaluate.gates.accuracy", ["evaluate.gates.NAME"]),
        ("compress.variants.1.prune", ["compress.variants[].prune"]),
        ("compress.variants[1].prune", ["compress.variants[].prune"]),
        ("compress.variants[].prune", ["compress.variants[].prune"]),
        ("keep_last", ["train.checkpoints.keep_last"]),
        (
            "epochs",
            ["train.epochs", "tune.epochs", "compress.variants[].epochs", "compress.variants[].quantize_aware.epochs"],
        ),
    ],
)
def test_options_are_found_by_what_a_person_types(text, found):
    assert [each.key for each in find_options(GROUPS, text)] == found


def test_the_options_of_a_task_are_found_as_a_whole():
    groups = ALL["tasks.forecasting.Forecasting"]
    [found] = find_options(groups, "options")
    assert (found.key, found.options, found.below) == ("options", (), (groups[0],))
    told = _run("explain", "options", "--task", "tasks.forecasting.Forecasting")
    assert "tasks.forecasting.Forecasting:\noptions\n" in told
    assert "lookback" in told


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: key_text(group.key))
def test_every_key_is_found_by_its_own_name(group):
    for option in group.options:
        [found] = find_options(GROUPS, str(option).replace("NAME", "mine"))
        assert found.key == str(option)


def test_explain_says_type_limits_default_and_meaning():
    assert _run("explain", "train.epochs").splitlines() == [
        "train.epochs",
        "  whole number >= 1; default: 40",
        "  Passes over the train split, at the most.",
    ]


def test_explain_shows_the_keys_below():
    lines = _run("explain", "push").splitlines()
    assert [line.split()[0] for line in lines if line] == ["push", "section", "Where", "registry", "stage"]


def test_explain_tells_kinds_apart():
    told = _run("explain", "options.model.dropout", "--task", "tasks.image_classification.ImageClassification")
    assert "(kind: resnet, mobilenet_v2, " in told
    assert "(kind: vit)\n  Dropout rate in the blocks and before the logits." in told


def test_explain_without_a_key_lists_the_sections():
    told = _run("explain")
    assert [line.split()[0] for line in told.splitlines()[:-1]] == [*PipelineConfig.model_fields, "extends"]


@pytest.mark.parametrize(("key", "meant"), [("train.shedule", "train.schedule"), ("warmup_epoch", "warmup_epochs")])
def test_explain_says_which_key_may_be_meant(key, meant):
    done = CliRunner().invoke(command, ["explain", key])
    assert done.exception.exit_code == 2
    assert f"Received: {key}. Did you mean {meant}?" in str(done.exception)


def test_explaining_takes_no_tensorflow():
    script = (
        "import sys; from pipeline.commands.config import command\n"
        "for arguments in (['explain', 'options.model'], ['reference'], ['schema']):\n"
        "    command(arguments, standalone_mode=False)\n"
        "assert not {'tensorflow', 'tfx', 'keras', 'apache_beam'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=HOME)
    assert done.returncode == 0, done.stderr
