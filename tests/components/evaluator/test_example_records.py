"""What is kept of examples of each kind of task, beside what TFMA itself computes of the same predictions."""

import apache_beam as beam
import numpy as np
import pytest
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.constants import ARROW_INPUT_COLUMN
from tensorflow_model_analysis.proto import config_pb2
from tfx_bsl.tfxio.tf_example_record import TFExampleBeamRecord

from components.evaluator.eval_config import eval_config
from components.evaluator.example_records import RecordExamples
from components.evaluator.extractors import extractors
from components.evaluator.metrics import overall_metrics
from components.evaluator.options import Measuring
from components.evaluator.recording import recording_examples
from records.predictions import read_predictions
from records.shown_examples import read_shown_examples
from tests.tasks.transformed import TASKS, raw_examples

# {task: (what is kept of it, numbers that its model predicts of an example)}. Of windows they are 26 steps, of episodes
# 6 queries after 0, 1 and 2 inner steps.
KINDS = {
    "forecasting": ("other", 26),
    "few_shot_regression": ("other", 3 * 6),
    "tabular_of_numbers": ("number", 1),
    "tabular_of_two_classes": ("classes", 1),
}


@pytest.mark.parametrize("name", KINDS)
def test_what_examples_contribute_is_what_tfma_computes(name, tmp_path):
    spec, (kind, size) = TASKS[name], KINDS[name]
    task, draw = spec.load(), np.random.default_rng(0)
    examples = raw_examples(task, "test")
    for example in examples:
        predicted = example.features.feature[f"float32/{task.prediction_key}"]
        predicted.float_list.value.extend(draw.random(size))
    config = eval_config(
        task,
        gates={},
        measuring=Measuring(),
        model_specs=[
            config_pb2.ModelSpec(
                name="float32", prediction_key=f"float32/{task.prediction_key}", label_key=task.label_key
            )
        ],
    )
    uri = str(tmp_path)
    stage = RecordExamples(uri=uri, task_spec=spec, eval_config=config, models=["float32"], shows_examples=True)
    as_arrow = TFExampleBeamRecord("tfrecord", raw_record_column_name=ARROW_INPUT_COLUMN)
    with beam.Pipeline() as pipeline, recording_examples(lambda _: stage):
        _ = (
            pipeline
            | beam.Create([example.SerializeToString() for example in examples])
            | as_arrow.BeamSource()
            | tfma.ExtractEvaluateAndWriteResults(
                eval_config=config, output_path=uri, extractors=extractors(eval_config=config)
            )
        )
    found, metrics = read_predictions(uri), overall_metrics(uri)[""]
    assert found.metrics
    assert (found.kind, found.overlap, found.outputs.shape) == (kind, name == "forecasting", (1, len(examples), size))
    for metric in found.metrics:
        assert float(found.values_of("float32", metric).mean()) == pytest.approx(metrics[metric], rel=1e-4), metric
    shown = read_shown_examples(uri)
    assert shown[0].loss == max(example.loss for example in shown)
    assert all(task.label_key not in example.features for example in shown)
