"""What `slipway init` writes for each kind of data, and how it goes on from there."""

import json
import shlex
from importlib.resources import files
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from PIL import Image

from data.source import SPLITS
from pipeline.commands.init import TEMPLATES, command
from pipeline.config import load_config, load_task
from pipeline.session import root_of
from tests.pipeline.refusals import refusal


def _bring_images(folder: Path) -> None:
    for number in range(36):
        (folder / "images" / f"class-{number}").mkdir()
        for image in range(10):
            Image.new("RGB", (8, 8), (number, image, 0)).save(folder / "images" / f"class-{number}" / f"{image}.png")


def _bring_series(folder: Path) -> None:
    stamps = pd.date_range("2024-01-01", periods=2000, freq="1h")
    frame = pd.DataFrame({"date": stamps, "load": np.sin(np.arange(2000)), "wind": np.cos(np.arange(2000))})
    frame.to_csv(folder / "series.csv", index=False)


def _bring_table(folder: Path) -> None:
    rows = np.arange(300)
    pd.DataFrame({"size": rows, "town": rows % 3, "label": np.where(rows % 5, "no", "yes")}).to_csv(
        folder / "table.csv", index=False
    )


BRING = {"images": _bring_images, "series": _bring_series, "table": _bring_table, "few-shot": _bring_images}


def _init(*arguments: object) -> list[str]:
    done = CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)
    return done.output.splitlines()


def test_each_template_is_tried_and_every_folder_of_templates_is_one():
    shipped = [path.name for path in files("pipeline").joinpath("templates").iterdir()]
    assert sorted(TEMPLATES) == sorted(BRING) == sorted(shipped)


@pytest.mark.parametrize("template", TEMPLATES)
def test_with_data_in_its_place_the_config_is_right_and_every_split_has_examples(tmp_path, template):
    _init(tmp_path / "mine", "--template", template)
    BRING[template](tmp_path / "mine")
    config = load_config(tmp_path / "mine" / "pipeline.yaml")
    source = load_task(config).source()
    assert all(source.shards(split) for split in SPLITS)


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_config_keeps_the_schema_beside_it_which_editors_find_by_its_comment(tmp_path, template):
    _init(tmp_path / "mine", "--template", template)
    text = (tmp_path / "mine" / "pipeline.yaml").read_text()
    assert "\n# yaml-language-server: $schema=config.schema.json\n" in text
    jsonschema.validate(yaml.safe_load(text), json.loads((tmp_path / "mine" / "config.schema.json").read_text()))


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("directory", ["My Model", "."])
def test_the_three_commands_that_it_prints_are_about_what_it_wrote(tmp_path, monkeypatch, template, directory):
    here = tmp_path / "my-model"
    here.mkdir()
    monkeypatch.chdir(here)
    printed = _init(directory, "--template", template)
    BRING[template](here / directory)
    check, run, report = (shlex.split(line) for line in printed[-3:])
    config = load_config(here / directory / "pipeline.yaml")
    assert config.name == "my-model"
    assert [Path(words[-1]).resolve() for words in (check, run)] == 2 * [(here / directory / "pipeline.yaml").resolve()]
    assert Path(report[-1]).resolve() == root_of(config, None).path
    assert [words[1:-1] for words in (check, run, report)] == [["config", "check"], ["run"], ["report", "--root"]]


@pytest.mark.parametrize(
    ("directory", "name"),
    [("faces", "faces"), ("My_Faces 2", "my-faces-2"), ("Gesichter-für-Ämter", "gesichter-fur-amter")],
)
def test_the_directory_names_the_pipeline(tmp_path, directory, name):
    _init(tmp_path / directory)
    assert yaml.safe_load((tmp_path / directory / "pipeline.yaml").read_text())["name"] == name


@pytest.mark.parametrize("directory", ["2024", "___", "数字", "/"])
def test_a_directory_whose_name_none_can_be_made_of_is_refused(tmp_path, monkeypatch, directory):
    monkeypatch.chdir(tmp_path)
    message = refusal(command, directory)
    assert f"must begin with one of the letters a to z. Received: {directory}. Name another" in message
    assert not list(tmp_path.iterdir())


def test_images_that_are_there_already_stay(tmp_path):
    (tmp_path / "mine" / "images" / "cat").mkdir(parents=True)
    _init(tmp_path / "mine")
    assert (tmp_path / "mine" / "images" / "cat").is_dir()
