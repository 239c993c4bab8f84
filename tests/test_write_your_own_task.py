"""The files of docs/write_your_own_task.md do what the page says."""

import json
import re
from pathlib import Path

import jsonschema
import keras
import numpy as np
import pytest
import tensorflow as tf
import yaml
from click.testing import CliRunner

from data.source import SPLITS, Source
from pipeline.commands.config import command
from pipeline.config import PipelineConfig, load_config, load_task
from tasks.base import Task
from tasks.options_read import options_read

PAGE = (Path(__file__).parents[1] / "docs" / "write_your_own_task.md").read_text()
FILES = dict(re.findall(r"^`([\w.]+)`[^\n]*:\n\n```\w+\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL))


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> tuple[Path, PipelineConfig]:
    """The page's config, in a folder with its task."""
    folder = tmp_path_factory.mktemp("own")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder / "pipeline.yaml", load_config(folder / "pipeline.yaml")


@pytest.fixture(scope="module")
def task(config) -> Task:
    return load_task(config[1])


@pytest.fixture(scope="module")
def batch(task) -> dict[str, tf.Tensor]:
    examples = [example for _, example in task.source().examples("test")]
    numbers = np.array([example.features.feature["measurements"].float_list.value for example in examples], np.float32)
    labels = [example.features.feature["label"].int64_list.value[0] for example in examples]
    scaled = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
    return {"measurements": tf.constant(scaled), "label": tf.constant(labels, tf.int64)}


def test_the_page_has_both_files():
    assert set(FILES) == {"tumours.py", "pipeline.yaml"}


def test_every_patient_is_in_one_split_and_keeps_the_schema(task):
    source = task.source()
    assert isinstance(source, Source)
    rows = [pair for split in SPLITS for shard in source.shards(split) for pair in source.examples(shard)]
    assert len({origin for origin, _ in rows}) == len(rows) == 569
    described = {feature.name: feature.shape.dim[0].size for feature in task.schema().feature}
    for _, example in rows:
        feature = example.features.feature
        lengths = {"measurements": feature["measurements"].float_list, "label": feature["label"].int64_list}
        assert {name: len(values.value) for name, values in lengths.items()} == described


def test_its_model_learns(task, batch):
    inputs, targets = task.to_batch(batch)
    model, objective = task.model(), task.objective()
    optimizer = keras.optimizers.Adam(0.03)
    losses = []
    for _ in range(20):
        with tf.GradientTape() as tape:
            loss, reported = objective(model, (inputs, targets), training=True)
            total = tf.reduce_mean(loss)
        optimizer.apply(tape.gradient(total, model.trainable_variables), model.trainable_variables)
        losses.append(float(total))
    assert losses[-1] < losses[0] / 2
    outputs = model(inputs, training=False)
    right = np.argmax(outputs["logits"], axis=-1) == targets.numpy()
    np.testing.assert_array_equal(task.example_metric(targets, outputs), right)
    assert set(reported) == {"accuracy"}
    np.testing.assert_allclose(np.sum(task.predictions(outputs)["probabilities"], axis=-1), 1, rtol=1e-5)


def test_another_network_transforms_nothing_anew(task):
    assert options_read(type(task), ("preprocessing", "schema")) == set()
    assert options_read(type(task), ("source",)) == {"source"}
    assert options_read(type(task), ("training",)) == {"source", "hidden", "dropout"}


def test_its_schema_checks_its_options(config):
    path, _ = config
    printed = CliRunner().invoke(command, ["schema", str(path)], catch_exceptions=False).output
    validator = jsonschema.Draft202012Validator(json.loads(printed))
    values = yaml.safe_load(path.read_text())
    validator.validate(values)
    assert not validator.is_valid({**values, "options": {"hiden": 16}})
    explained = CliRunner().invoke(command, ["explain", "hidden", "--task", "tumours.Tumours"], catch_exceptions=False)
    assert "whole number >= 1; default: 16\n  Units of the hidden layer." in explained.output


@pytest.mark.parametrize("named", re.findall(r"`((?:tests|docs|tasks)/[\w/.]+)`", PAGE))
def test_files_that_it_names_exist(named):
    assert (Path(__file__).parents[1] / named).exists()
