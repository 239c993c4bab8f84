"""Keeps what models said of single test examples, out of the extracts that TFMA computes metrics of.

An extractor of TFMA sees each example once, with its predictions and slices, in Beam's workers: nothing is predicted
for this. What is kept is bounded, whatever the size of the split: MAX_EXAMPLES, and those that are shown.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

import apache_beam as beam
from google.protobuf import json_format
from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.example_features import rounded, shown_features
from components.evaluator.example_predictions import predictions_of
from components.evaluator.judged_example import JudgedExample, ReadExtracts
from records.predictions import MAX_EXAMPLES, write_predictions
from records.shown_examples import ShownExample, write_shown_examples
from tasks.base import Task
from tasks.loading import TaskSpec

# How many are shown of all examples and of each slice, the worst and any; of as many slices.
WORST, SAMPLE = 48, 24
WORST_OF_SLICE, SAMPLE_OF_SLICE = 6, 4
MAX_SLICES = 60

Place: TypeAlias = tuple[str, list[JudgedExample]]
"""The name of a slice, empty for all examples, and examples of it."""


class RecordExamples(beam.PTransform):
    """Gives TFMA's extracts on as they are, and writes what is kept into the directory of the evaluation."""

    def __init__(
        self,
        *,
        uri: str,
        task_spec: TaskSpec,
        eval_config: config_pb2.EvalConfig,
        models: Sequence[str],
        shows_examples: bool,
    ) -> None:
        """Args:
        uri: directory of the evaluation.
        task_spec: task as it was trained.
        eval_config: TFMA's, with the names of the models.
        models: which models' predictions to keep.
        shows_examples: whether examples are kept to be shown, with what the first model says.
        """
        super().__init__()
        self._uri = uri
        self._spec = task_spec.model_dump_json()
        self._config = json_format.MessageToJson(eval_config)
        self._models = tuple(models)
        self._shows_examples = shows_examples

    def expand(self, extracts: beam.PCollection) -> beam.PCollection:
        """Adds the branches that write."""
        judged = extracts | "Read" >> beam.ParDo(ReadExtracts(self._spec, self._config, self._models))
        _ = (
            judged
            | "WithoutContent" >> beam.Map(lambda each: replace(each, content=b""))
            | "Sample" >> beam.combiners.Top.Of(MAX_EXAMPLES, key=_key, reverse=True)
            | "WritePredictions" >> beam.Map(_write_predictions, uri=self._uri, spec=self._spec, models=self._models)
        )
        if self._shows_examples:
            _ = (
                self._places(judged)
                | "Together" >> beam.Flatten()
                | "ByPlace" >> beam.GroupByKey()
                | "AsLists" >> beam.MapTuple(lambda name, lists: (name, [*itertools.chain.from_iterable(lists)]))
                | "Places" >> beam.combiners.Top.Of(1 + MAX_SLICES, key=_importance)
                | "WriteExamples" >> beam.Map(_write_examples, uri=self._uri, spec=self._spec)
            )
        return extracts

    def _places(self, judged: beam.PCollection) -> list[beam.PCollection]:
        """Of all examples and of each slice the worst, and those with the smallest keys, which are as good as any."""
        top, of_slices = beam.combiners.Top, judged | "OfSlices" >> beam.FlatMap(_of_slices)
        worst = judged | "WorstOfAll" >> top.Of(WORST, key=_loss)
        sample = judged | "SampleOfAll" >> top.Of(SAMPLE, key=_key, reverse=True)
        return [
            (worst, sample) | "OfAll" >> beam.Flatten() | "Name" >> beam.Map(lambda found: ("", found)),
            of_slices | "WorstOfEach" >> top.PerKey(WORST_OF_SLICE, key=_loss),
            of_slices | "SampleOfEach" >> top.PerKey(SAMPLE_OF_SLICE, key=_key, reverse=True),
        ]


def _key(example: JudgedExample) -> int:
    return example.key


def _loss(example: JudgedExample) -> float:
    return example.loss


def _of_slices(example: JudgedExample) -> Iterator[tuple[str, JudgedExample]]:
    return ((name, example) for name in example.slices)


def _importance(place: Place) -> tuple[bool, float]:
    """All examples first, then the slices by the loss of their worst example."""
    name, examples = place
    return not name, max((example.loss for example in examples), default=0.0)


def _write_predictions(examples: list[JudgedExample], *, uri: str, spec: str, models: tuple[str, ...]) -> None:
    task = TaskSpec.parse(spec)
    write_predictions(uri, predictions_of(task, examples, models))


def _write_examples(places: list[Place], *, uri: str, spec: str) -> None:
    task = TaskSpec.parse(spec)
    shown = {example.key: example for _, examples in places for example in examples}
    write_shown_examples(uri, [_shown(task, example) for example in sorted(shown.values(), key=_loss, reverse=True)])


def _shown(task: Task, example: JudgedExample) -> ShownExample:
    return ShownExample(
        key=f"{example.key:016x}",
        loss=example.loss,
        slices=example.slices,
        label=rounded(example.label),
        output=rounded(example.outputs[0]),
        features=shown_features(example.content, without=[task.label_key]),
    )
