"""EdgeEvaluator's runtime.

The TFLite runtime that a device would use predicts, with rounding and with delegates; TFMA's own TFLite support
truncates inputs instead of rounding them and runs without delegates, so that it would judge another thing than what
ships. TFMA then computes the metrics of these predictions.
"""

import functools
import itertools
import os
from collections.abc import Callable, Mapping, Sequence

import apache_beam as beam
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.constants import ARROW_INPUT_COLUMN
from tensorflow_model_analysis.proto import config_pb2
from tfx.types import standard_artifacts
from tfx_bsl.tfxio.tf_example_record import TFExampleBeamRecord

from components.artifacts import CompressedModels
from components.blessing import write_blessing
from components.compressor.options import variant_name
from components.edge_evaluator.options import EdgeEvaluatorOptions
from components.edge_evaluator.predictions import Predict
from components.evaluator.eval_config import eval_config
from components.evaluator.example_records import RecordExamples
from components.evaluator.extractors import extractors
from components.evaluator.findings import threshold_findings
from components.evaluator.metrics import overall_metrics
from components.evaluator.options import Measuring, MetricGate
from components.evaluator.paired_examples import PairedExamples, examples_with_predictions
from components.evaluator.paired_test import PairedTest, paired_test
from components.evaluator.recording import recording_examples
from components.evaluator.worsening import limited_changes, worsening_finding
from components.splits import GATE_SPLIT, split_files
from components.trained_spec import trained_spec
from records.findings import Finding, write_findings
from records.shipment import Shipment, write_shipment
from records.variants import REFERENCE, Choice, read_choice, variant_file
from tasks.base import EvalMetric, Task

GATE = "compression"


def evaluate_variants(
    *,
    variants: CompressedModels,
    model_run: standard_artifacts.ModelRun,
    examples: standard_artifacts.Examples,
    transform_graph: standard_artifacts.TransformGraph,
    task_spec: str,
    compress: EdgeEvaluatorOptions,
    measuring: Measuring,
    evaluation: standard_artifacts.ModelEvaluation,
    blessing: standard_artifacts.ModelBlessing,
    pipeline: beam.Pipeline,
) -> None:
    """Evaluates every variant on the test split, writes the findings and which variants ship, and blesses or not."""
    spec = trained_spec(task_spec, model_run.uri)
    task = spec.load()
    names = [variant_name(variant) for variant in compress.variants]
    config = eval_config(
        task,
        gates=compress.gates,
        measuring=measuring,
        model_specs=[
            config_pb2.ModelSpec(name=name, prediction_key=f"{name}/{task.prediction_key}", label_key=task.label_key)
            for name in names
        ],
    )
    predict = Predict(
        task_spec=spec.model_dump_json(),
        models={name: os.path.join(variants.uri, variant_file(name)) for name in names},
        transform_graph=transform_graph.uri,
    )
    recorded = RecordExamples(
        uri=evaluation.uri, task_spec=spec, eval_config=config, models=names, shows_examples=False
    )
    as_arrow = TFExampleBeamRecord("tfrecord", raw_record_column_name=ARROW_INPUT_COLUMN)
    with pipeline, recording_examples(lambda _: recorded):
        (
            pipeline
            | beam.Create(split_files(examples, GATE_SPLIT))
            | beam.Reshuffle()
            | beam.ParDo(predict).with_output_types(bytes)
            | as_arrow.BeamSource()
            | tfma.ExtractEvaluateAndWriteResults(
                eval_config=config, output_path=evaluation.uri, extractors=extractors(eval_config=config)
            )
        )
    findings = threshold_findings(evaluation.uri, config, gate=GATE, has_baseline=False)

    # Predicted in this process, and only where a limit asks for a test.
    @functools.cache
    def predicted() -> PairedExamples:
        predict.setup()
        given = itertools.chain.from_iterable(map(predict.process, split_files(examples, GATE_SPLIT)))
        return examples_with_predictions(task, given, names)

    findings += worsening_findings(
        task, compress.gates, overall_metrics(evaluation.uri), variants=names, predicted=predicted
    )
    choice = read_choice(variants.uri)
    findings += budget_findings(choice)
    needed = dict.fromkeys([*([choice.variant] if choice.variant else []), *compress.required])
    shipment, findings = Shipment(variants=tuple(names), needed=tuple(needed)).judged(findings)
    write_shipment(evaluation.uri, shipment)
    write_findings(evaluation.uri, findings)
    write_blessing(blessing, findings)


def budget_findings(choice: Choice) -> list[Finding]:
    """What stands between the variants and their budgets; nothing where one of them is within."""
    if choice.variant is not None:
        return []
    return [
        Finding(
            gate=GATE,
            metric=miss.budget.removeprefix("max_"),
            where=miss.variant,
            value=miss.value,
            limit=f"<= {miss.limit:g} (over by {miss.value - miss.limit:.3g})",
            passed=False,
        )
        for miss in choice.misses
    ]


def worsening_findings(
    task: Task,
    gates: Mapping[str, MetricGate],
    metrics: Mapping[str, Mapping[str, float]],
    *,
    variants: Sequence[str],
    predicted: Callable[[], PairedExamples],
) -> list[Finding]:
    """Each variant's metrics against the float32 file's; a metric that one of the two lacks did not pass.

    Args:
      task: task that says which direction of a metric is better.
      gates: limits by metric, of which those on change are held here.
      metrics: {variant: {metric: value}}.
      variants: names of all variants, float32 among them.
      predicted: the test examples with what each variant predicts.
    """

    def tested(metric: EvalMetric, variant: str) -> PairedTest:
        return paired_test(task, metric, predicted(), model=variant, reference=REFERENCE)

    return [
        worsening_finding(
            metric,
            limit,
            gate=GATE,
            values=metrics.get(variant, {}),
            reference=metrics.get(REFERENCE, {}),
            against=REFERENCE,
            variant=variant,
            test=functools.partial(tested, metric, variant),
        )
        for metric, limit in limited_changes(task, gates)
        for variant in variants
        if variant != REFERENCE
    ]
