"""Training with all summaries ends with the weights of training without."""

import numpy as np
import pytest
import tensorflow as tf

from tests.training import small
from training.options import StepOptions
from training.summaries import ClassificationSummaries, GraphSummary, HParamsSummary, ScalarSummaries, WeightSummaries
from training.writers import AsyncWriter, CsvWriter, GuardedWriter, JsonlWriter, MultiWriter, TensorBoardWriter


def _summaries(writer):
    x = np.random.default_rng(3).normal(size=(4, 4)).astype(np.float32)
    return [
        HParamsSummary(writer, values={"rate": 0.01}),
        GraphSummary(writer),
        ScalarSummaries(writer, every_steps=2),
        WeightSummaries(writer, every_steps=3),
        ClassificationSummaries(
            writer,
            inputs={"x": x},
            labels=np.zeros(4, int),
            names=["a"],
            every_epochs=1,
            output="y",
            image=None,
            embedding_layer="hidden",
        ),
    ]


def _weights(hooks, steps_per_execution):
    model = small.model(dropout=0.5, normalized=True)
    loop = small.loop(model, kind="adam", hooks=hooks, step=StepOptions(steps_per_execution=steps_per_execution))
    small.train(loop, epochs=3)
    return [*model.get_weights(), tf.random.get_global_generator().state.numpy()]


@pytest.mark.parametrize("steps_per_execution", [1, 4])
def test_weights_are_the_same_with_and_without_summaries(tmp_path, steps_per_execution):
    files = [
        JsonlWriter(tmp_path / "a.jsonl"),
        CsvWriter(tmp_path / "a.csv"),
        TensorBoardWriter(tmp_path / "tensorboard"),
    ]
    writer = AsyncWriter(MultiWriter([GuardedWriter(file) for file in files]))
    logged = _weights(_summaries(writer), steps_per_execution)
    writer.close()
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) > 6
    for ours, theirs in zip(logged, _weights([], steps_per_execution), strict=True):
        np.testing.assert_array_equal(ours, theirs)
