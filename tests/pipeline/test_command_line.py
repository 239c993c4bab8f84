"""The commands that need no TensorFlow, in processes of their own."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from pipeline.cli import COMMANDS
from tests.pipeline.shipped import DIGITS, PROJECT


def slipway(*arguments: object, cwd: Path = PROJECT) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]
    environment = {"PYTHONPATH": str(PROJECT), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_imports_no_tensorflow(command):
    script = (
        "import sys; from pipeline.cli import cli\n"
        f"try: cli({[command, '--help'] if command else ['--help']}, standalone_mode=False)\n"
        "finally: assert not {'tensorflow', 'tfx', 'keras', 'apache_beam'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=PROJECT)
    assert done.returncode == 0, done.stderr
    assert "Usage:" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("launch",), "No such command 'launch'."),
        (("anlyze", DIGITS), "Did you mean 'analyze'?"),
        (("registry", "lable", "digits", 1, "production"), "Did you mean 'label'?"),
        (("registry", "label", "digits", 1, "prodution"), "Did you mean production?"),
        (("run", DIGITS, "--explin"), "Did you mean '--explain'?"),
        (("data", "fetch", "fashion-mnist"), "Did you mean fashion_mnist?"),
        (("run", DIGITS.with_name("digit.yaml")), f"Did you mean {DIGITS}?"),
        (("analyze", DIGITS, "--grid", DIGITS.with_name("digit.yaml")), f"Did you mean {DIGITS}?"),
        (
            ("model", "features", DIGITS.with_name("digit.yaml"), "--image", "x", "--out", "y"),
            f"Did you mean {DIGITS}?",
        ),
    ],
)
def test_an_unknown_name_is_wrong_usage_and_what_may_be_meant_is_said(arguments, meant):
    done = slipway(*arguments)
    assert done.returncode == 2
    assert meant in done.stderr


def test_an_unknown_key_is_refused_before_anything_runs(tmp_path):
    config = yaml.safe_load(DIGITS.read_text())
    config["train"]["epoch"] = 3
    (tmp_path / "pipeline.yaml").write_text(yaml.safe_dump(config))
    done = slipway("run", tmp_path / "pipeline.yaml", "--root", tmp_path / "root")
    assert done.returncode == 2
    assert "train.epoch: no such key" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "root").exists()


def test_a_directory_without_images_is_refused_before_anything_runs(tmp_path):
    assert slipway("init", tmp_path / "mine").returncode == 0
    done = slipway("run", tmp_path / "mine" / "pipeline.yaml", "--root", tmp_path / "root")
    assert done.returncode == 2
    assert f"Received: {tmp_path}/mine/images, with 0 folders and no image in them" in done.stderr
    (tmp_path / "mine" / "images" / "cat").mkdir()
    done = slipway("run", tmp_path / "mine" / "pipeline.yaml", "--root", tmp_path / "root")
    assert done.returncode == 2
    assert "with 1 folders and no image in them" in done.stderr
    assert not (tmp_path / "root").exists()


def test_a_root_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    done = slipway("run", DIGITS, "--root", tmp_path / "file" / "root")
    assert done.returncode == 2
    assert "the root must be a directory that can be written" in done.stderr
    assert "Choose another with --root" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", DIGITS, "--root", "gs://bucket/runs"),
        ("run", "gs://bucket/pipeline.yaml"),
        ("report", "--out", "gs://bucket/report.html"),
        ("init", "gs://bucket/mine"),
    ],
)
def test_an_address_becomes_no_local_folder(arguments, tmp_path):
    done = slipway(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "must be a path on this machine. Received: gs://bucket/" in done.stderr
    assert ("push.registry can be at a store" in done.stderr) == ("--root" in arguments)
    assert not list(tmp_path.iterdir())


def test_init_never_overwrites(tmp_path):
    assert slipway("init", tmp_path).returncode == 0
    (tmp_path / "pipeline.yaml").write_text("mine")
    done = slipway("init", tmp_path)
    assert done.returncode == 2
    assert "which already holds pipeline.yaml" in done.stderr
    assert (tmp_path / "pipeline.yaml").read_text() == "mine"


def test_the_schema_that_init_writes_checks_the_options_of_its_task(tmp_path):
    assert slipway("init", tmp_path / "mine").returncode == 0
    validator = jsonschema.Draft202012Validator(json.loads((tmp_path / "mine" / "config.schema.json").read_text()))
    config = yaml.safe_load((tmp_path / "mine" / "pipeline.yaml").read_text())
    validator.validate(config)
    with pytest.raises(jsonschema.ValidationError, match="heigth"):
        validator.validate({**config, "options": {**config["options"], "heigth": 32}})


def test_config_check_prints_the_defaults():
    done = slipway("config", "check", DIGITS)
    assert done.returncode == 0, done.stderr
    filled = yaml.safe_load(done.stdout)
    assert filled["train"]["patience"] == 15
    assert filled["options"]["source"]["splits"]["train"] == 0.7
    # Beside the YAML, which can be piped: 1,797 scans, counted by the way they are dealt.
    assert "all" in done.stderr
    assert "1,323" in done.stderr


def test_config_check_refuses_data_that_run_would_refuse(tmp_path):
    rows = "".join(f"2020-01-{day:02},{day % 7}\n" for day in range(1, 32))
    (tmp_path / "daily.csv").write_text(f"date,x\n{rows}")
    source = {"kind": "series_file", "file": "daily.csv", "every": "1h"}
    config = yaml.safe_load((DIGITS.parent / "etth1.yaml").read_text())
    config["options"] = {"source": source, "lookback": 48, "horizon": 2, "season": 24}
    (tmp_path / "pipeline.yaml").write_text(yaml.safe_dump(config))
    done = slipway("config", "check", tmp_path / "pipeline.yaml")
    assert done.returncode == 1
    assert "Set options.source.every to 1d" in done.stderr


def test_config_check_looks_for_the_model_to_start_from(tmp_path):
    config = yaml.safe_load(DIGITS.read_text()) | {"start": {"weights": str(tmp_path / "none.keras")}}
    (tmp_path / "pipeline.yaml").write_text(yaml.safe_dump(config))
    done = slipway("config", "check", tmp_path / "pipeline.yaml")
    assert done.returncode == 2
    assert "start must lead to a trained Keras model. Received: " in done.stderr


def test_config_schema_is_json():
    assert json.loads(slipway("config", "schema").stdout)["title"] == "PipelineConfig"


def test_a_folder_called_data_beside_the_config_hides_nothing(tmp_path):
    """Many keep their files there; where the project is installed for development, it would be found before ours."""
    (tmp_path / "data").mkdir()
    shutil.copy(DIGITS, tmp_path / "pipeline.yaml")
    done = subprocess.run(
        [Path(sys.executable).with_name("slipway"), "config", "check", tmp_path / "pipeline.yaml"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
