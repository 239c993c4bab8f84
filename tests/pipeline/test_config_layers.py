"""Configs that extend others, and values that the command line sets."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import pipeline
from pipeline.cli import COMMANDS, cli
from pipeline.config import load_config
from pipeline.config_file import Layer
from pipeline.config_layers import MergedValues
from pipeline.errors import ConfigError

CONFIGS = Path(pipeline.__file__).parent / "configs"
DIGITS, CO2 = CONFIGS / "digits.yaml", CONFIGS / "co2.yaml"


@pytest.fixture
def write(tmp_path):
    """Writes a config below the temporary directory, which holds the digits config as base.yaml."""
    shutil.copy(DIGITS, tmp_path / "base.yaml")

    def write(file: str, /, **values: Any) -> Path:
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(values))
        return path

    return write


def test_a_config_is_laid_over_the_one_that_it_extends(write):
    base = load_config(DIGITS)
    extended = load_config(
        write("dev.yaml", extends="base.yaml", name="dev", train={"epochs": 3, "schedule": {"warmup_epochs": 1}})
    )
    assert (extended.name, extended.train.epochs, extended.train.schedule.warmup_epochs) == ("dev", 3, 1)
    # What was not written is the base's, in the same mapping too.
    assert extended.train.batch_size == base.train.batch_size
    assert extended.train.schedule.kind == base.train.schedule.kind
    assert extended.options == base.options


def test_a_root_is_not_extended(write, tmp_path):
    """The shipped configs name theirs: all that extend one would share it."""
    assert "root" in yaml.safe_load(DIGITS.read_text())
    assert load_config(write("dev.yaml", extends="base.yaml", name="dev")).root == tmp_path / "output" / "dev"
    assert load_config(write("own.yaml", extends="base.yaml", root="runs")).root == tmp_path / "runs"


def test_lists_are_laid_over_as_a_whole(write):
    path = write("dev.yaml", extends="base.yaml", compress={"variants": ["float32", "dynamic"]})
    assert load_config(path).compress.variants == ("float32", "dynamic")


def test_null_takes_away_what_the_base_has(write):
    base = write("with_tuner.yaml", extends="base.yaml", start={"weights": "a.keras"})
    assert load_config(write("dev.yaml", extends=base.name, start=None)).start is None


def test_extending_goes_on(write):
    write("staging.yaml", extends="base.yaml", name="staging", train={"epochs": 5})
    path = write("prod.yaml", extends="staging.yaml", train={"batch_size": 8})
    config = load_config(path)
    assert (config.name, config.train.epochs, config.train.batch_size) == ("staging", 5, 8)


def test_another_kind_replaces_what_belongs_to_the_kind_before(write):
    path = write("vit.yaml", extends="base.yaml", options={"model": {"kind": "vit", "patch": 2}})
    assert load_config(path).options["model"] == {"kind": "vit", "patch": 2}


def test_the_kind_that_is_the_default_takes_nothing_away(write):
    """The base names none, which is the same."""
    base = load_config(DIGITS).options["model"]
    assert "kind" not in base
    path = write("resnet.yaml", extends="base.yaml", options={"model": {"kind": "resnet", "dropout": 0.3}})
    assert load_config(path).options["model"] == {**base, "kind": "resnet", "dropout": 0.3}


def test_a_kind_that_decides_no_keys_takes_nothing_away(write):
    path = write("steps.yaml", extends="base.yaml", train={"schedule": {"kind": "constant"}})
    schedule = load_config(path).train.schedule
    assert (schedule.kind, schedule.warmup_epochs) == ("constant", load_config(DIGITS).train.schedule.warmup_epochs)


@pytest.mark.parametrize("names", [("dev.yaml", "shared/base.yaml"), ("dev/dev.yaml", "base.yaml")])
def test_relative_paths_start_at_the_file_that_they_are_in(write, tmp_path, names):
    dev, base = names
    source = {"kind": "image_folder", "directory": "images"}
    write(base, **{**yaml.safe_load(DIGITS.read_text()), "options": {"source": source, "height": 8, "width": 8}})
    (tmp_path / base).with_name("images").mkdir()
    for folder in ("cat", "dog"):
        (tmp_path / base).with_name("images").joinpath(folder).mkdir()
    extends = {"shared/base.yaml": "shared/base.yaml", "base.yaml": "../base.yaml"}[base]
    config = load_config(write(dev, extends=extends))
    assert config.options["source"]["directory"] == str((tmp_path / base).with_name("images"))


def test_the_base_s_task_is_beside_the_base(write, tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "extended_task.py").write_text(
        "from tasks.image_classification import ImageClassification\n\nclass Scans(ImageClassification):\n    pass\n"
    )
    write("shared/base.yaml", **{**yaml.safe_load(DIGITS.read_text()), "task": "extended_task.Scans"})
    assert load_config(write("dev.yaml", extends="shared/base.yaml")).task == "extended_task.Scans"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"dev.yaml": {"extends": "dev.yaml"}}, r"must not extend itself\. Received: \S*dev\.yaml -> \S*dev\.yaml\."),
        (
            {"a.yaml": {"extends": "dev.yaml"}, "dev.yaml": {"extends": "a.yaml"}},
            r"Received: \S*dev\.yaml -> \S*a\.yaml -> \S*dev\.yaml\.",
        ),
        ({"dev.yaml": {"extends": 3}}, r"dev\.yaml: extends: must be the path of a config\. Received: 3"),
        (
            {"dev.yaml": {"extends": "bse.yaml"}},
            r"Received: \S*bse\.yaml \(No such file or directory\), which \S*dev\.yaml extends\. Did you mean \S*/base",
        ),
        (
            {"a.yaml": {"extends": "base.yaml", "train": {"epoch": 3}}, "dev.yaml": {"extends": "a.yaml"}},
            r"dev\.yaml: train\.epoch: .* Did you mean train\.epochs\? \(in \S*/a\.yaml\)$",
        ),
        (
            {"a.yaml": {"extends": "base.yaml"}, "dev.yaml": {"extends": "a.yaml", "train": {"epochs": "x"}}},
            r"Received: 'x'$",
        ),
        ({"dev.yaml": {"extends": "base.yaml", "evaluate": {"gates": None}}}, r"evaluate\.gates: .* Received: None$"),
    ],
)
def test_mistakes_of_extending(write, files, message):
    for name, values in files.items():
        write(name, **values)
    with pytest.raises(ConfigError, match=message):
        load_config(write("dev.yaml", **files["dev.yaml"]))


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.name)
def test_extending_alone_changes_nothing_but_the_root(tmp_path, path):
    (tmp_path / "same.yaml").write_text(f"extends: {path}\n")
    base = load_config(path)
    assert load_config(tmp_path / "same.yaml").model_copy(update={"root": base.root}) == base


NESTED = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(
        st.integers() | st.lists(st.integers(), max_size=2),
        lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)


def _merged(*values: dict[str, Any]) -> dict[str, Any]:
    layers = [Layer(values=each, folder=None, origins={"": f"layer {index}"}) for index, each in enumerate(values)]
    return MergedValues(layers, {}).values


@given(NESTED)
def test_values_over_themselves_stay_as_they_are(values):
    assert _merged(values, values) == _merged(values) == values


@given(NESTED, NESTED)
def test_what_is_laid_over_is_all_there(base, over):
    def holds(merged: Any, laid: Any) -> bool:
        if isinstance(laid, dict):
            return isinstance(merged, dict) and all(holds(merged[key], value) for key, value in laid.items())
        return merged == laid

    assert holds(_merged(base, over), over)


def test_values_are_set_over_the_file(write):
    changes = {"train.epochs": 3, "options.model.dropout": 0.5, "evaluate.slices": ["label"], "start": None}
    config = load_config(write("dev.yaml", extends="base.yaml", train={"epochs": 9}), changes)
    assert config.train.epochs == 3
    assert config.options["model"]["dropout"] == 0.5
    assert config.evaluate.slices == ("label",)


def test_the_order_of_a_kind_and_its_options_does_not_matter():
    for changes in (
        {"options.model.kind": "vit", "options.model.patch": 2},
        {"options.model.patch": 2, "options.model.kind": "vit"},
    ):
        assert load_config(DIGITS, changes).options["model"] == {"kind": "vit", "patch": 2}


def test_what_is_set_is_not_changed():
    schedule = {"kind": "cosine"}
    changes = {"train.schedule": schedule, "train.schedule.warmup_epochs": 1}
    assert load_config(DIGITS, changes).train.schedule.warmup_epochs == 1
    assert schedule == {"kind": "cosine"}


def test_a_path_that_is_set_starts_where_the_command_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images" / "cat").mkdir(parents=True)
    changes = {"options.source": {"kind": "image_folder", "directory": "images"}}
    assert load_config(DIGITS, changes).options["source"]["directory"] == str(tmp_path / "images")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["train.epoch=3"],
            "train.epoch: no such key. Received: 3. Did you mean train.epochs? (from --set train.epoch=3)",
        ),
        (["train.epochs=0"], "Received: 0. (from --set train.epochs=0)"),
        (["train.step={accumulte: 2}"], "Did you mean train.step.accumulate? (from --set train.step={accumulte: 2})"),
        (["evaluate.gates.acuracy.min=0.5"], "Received: 'acuracy'. Did you mean accuracy?"),
        (["train.epochs"], "must be a dotted key and a value, such as train.epochs=3. Received: train.epochs"),
        (["=3"], "must be a dotted key and a value"),
        (["train..epochs=3"], "must be a dotted key and a value"),
        (["evaluate.slices=[label"], "the value of evaluate.slices must be YAML. Received: [label"),
    ],
)
def test_mistakes_of_setting(arguments, message):
    done = CliRunner().invoke(cli, ["config", "check", str(DIGITS), *(f"--set={each}" for each in arguments)])
    said = done.output if isinstance(done.exception, SystemExit) else str(done.exception)
    assert message in " ".join(said.split())
    assert getattr(done.exception, "exit_code", done.exit_code) == 2


def test_numbers_as_yaml_and_as_python_write_them():
    arguments = ["--set", "train.learning_rate=1e-3", "--set", "train.epochs=7", "--set", "train.step.ema=null"]
    done = CliRunner().invoke(cli, ["config", "check", str(DIGITS), *arguments], catch_exceptions=False)
    train = yaml.safe_load(done.stdout)["train"]
    assert (train["learning_rate"], train["epochs"], train["step"]["ema"]) == (0.001, 7, None)


def _commands(command: Any) -> list[Any]:
    return (
        [each for sub in command.commands.values() for each in _commands(sub)]
        if hasattr(command, "commands")
        else [command]
    )


def test_every_command_that_takes_a_config_takes_set():
    commands = [each for name in COMMANDS for each in _commands(cli.get_command(None, name))]
    taking = [
        command for command in commands if any(param.name == "config" and param.required for param in command.params)
    ]
    assert len(taking) >= 9
    for command in taking:
        assert any("--set" in param.opts for param in command.params), command.name


def test_paths_start_at_the_file_that_they_are_in(write, tmp_path, monkeypatch):
    """Wherever the command is typed; those of a URI stay."""
    (tmp_path / "base").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    start = {"registry": "models", "model": "digits"}
    write("base/registries.yaml", extends="../base.yaml", start=start, push={"registry": "pushed"})
    config = load_config(write("dev.yaml", extends="base/registries.yaml"))
    assert (config.start.registry, config.push.registry) == (f"{tmp_path}/base/models", f"{tmp_path}/base/pushed")
    config = load_config(write("file.yaml", extends="base.yaml", start={"weights": "a.keras"}), {"push.registry": "x"})
    assert (config.start.weights, config.push.registry) == (f"{tmp_path}/a.keras", f"{tmp_path}/elsewhere/x")
    config = load_config(write("uri.yaml", extends="base.yaml", push={"registry": "gs://bucket/models"}))
    assert config.push.registry == "gs://bucket/models"


def test_values_of_the_command_line_are_laid_over_each_other(write):
    changes = {"train.epochs": 4, "train": {"batch_size": 8}, "tune": None, "tune.trials": 3}
    with pytest.raises(ConfigError, match=r"tune\.space: this key is required"):
        load_config(write("dev.yaml", extends="base.yaml"), changes)
    del changes["tune"], changes["tune.trials"]
    config = load_config(write("dev.yaml", extends="base.yaml"), changes)
    assert (config.train.epochs, config.train.batch_size) == (4, 8)
