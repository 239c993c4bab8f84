"""Evaluator's runtime."""

import functools
from collections.abc import Mapping
from typing import Any

from tensorflow_model_analysis.proto import config_pb2
from tfx import types
from tfx.components.evaluator import executor
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import json_utils, path_utils, proto_utils

from components.baseline.executor import has_model
from components.baseline.findings import comparison_findings
from components.blessing import write_blessing
from components.evaluator.eval_config import eval_config
from components.evaluator.example_records import RecordExamples
from components.evaluator.extractors import extractors
from components.evaluator.fairness import add_fairness, fairness_findings
from components.evaluator.findings import threshold_findings
from components.evaluator.metrics import overall_metrics
from components.evaluator.options import EvaluateConfig
from components.evaluator.paired_examples import PairedExamples, predicted_examples
from components.evaluator.paired_test import PairedTest, paired_test
from components.evaluator.recording import recording_examples
from components.evaluator.worsening import inapplicable_worsening, limited_changes, worsening_finding
from components.splits import GATE_SPLIT, split_files
from components.trained_spec import trained_spec
from records.evaluation import BASELINE, CANDIDATE
from records.findings import Finding, write_findings
from tasks.base import EvalMetric, Task

GATE = "evaluation"
AGAINST = "the baseline"


class Executor(executor.Executor):
    """TFX's executor; an empty Baseline counts as none, and the findings are left beside TFMA's files."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Evaluates and blesses; see TFX's Evaluator."""
        key = standard_component_specs.BASELINE_MODEL_KEY
        baseline = artifact_utils.get_single_instance(input_dict[key])
        has_baseline = has_model(baseline)
        if not has_baseline:
            input_dict = {name: artifacts for name, artifacts in input_dict.items() if name != key}
        model_run = artifact_utils.get_single_uri(input_dict["model_run"])
        evaluate = EvaluateConfig.model_validate_json(exec_properties["evaluate"])
        spec = trained_spec(exec_properties["task_spec"], model_run)
        task = spec.load()
        config = two_models_config(task, evaluate)
        properties = {
            standard_component_specs.EVAL_CONFIG_KEY: proto_utils.proto_to_json(config),
            standard_component_specs.EXAMPLE_SPLITS_KEY: json_utils.dumps([GATE_SPLIT]),
            # TFX imports them by name.
            "custom_extractors": f"{extractors.__module__}.{extractors.__name__}",
        }
        evaluation = artifact_utils.get_single_uri(output_dict[standard_component_specs.EVALUATION_KEY])
        recorded = functools.partial(
            RecordExamples, uri=evaluation, task_spec=spec, models=[CANDIDATE], shows_examples=True
        )
        with recording_examples(lambda config: recorded(eval_config=config)):
            super().Do(input_dict, output_dict, properties)
        findings = [
            *comparison_findings(baseline, gate=GATE, on_incomparable=evaluate.incomparable_baseline),
            *threshold_findings(evaluation, config, gate=GATE, has_baseline=has_baseline),
            *baseline_findings(
                task,
                evaluate,
                overall_metrics(evaluation),
                models={
                    CANDIDATE: artifact_utils.get_single_instance(input_dict["model"]),
                    **({BASELINE: baseline} if has_baseline else {}),
                },
                examples=artifact_utils.get_single_instance(input_dict["examples"]),
            ),
        ]
        if evaluate.fairness is not None:
            findings += fairness_findings(evaluation, evaluate.fairness, gate=GATE)
        write_findings(evaluation, findings)
        # TFX itself blesses nothing where only changes are limited and there is no baseline.
        write_blessing(artifact_utils.get_single_instance(output_dict[standard_component_specs.BLESSING_KEY]), findings)


def baseline_findings(
    task: Task,
    evaluate: EvaluateConfig,
    metrics: Mapping[str, Mapping[str, float]],
    *,
    models: Mapping[str, types.Artifact],
    examples: types.Artifact,
) -> list[Finding]:
    """The new model's metrics against those of the baseline, where there is one.

    Args:
      task: the task as it was trained.
      evaluate: the config's section.
      metrics: {model: {metric: value over all examples}}.
      models: artifacts of the new model and, where there is one, of the baseline.
      examples: artifact of the raw examples.
    """
    limited = list(limited_changes(task, evaluate.gates))
    if BASELINE not in models:
        return [inapplicable_worsening(metric, limit, gate=GATE, against=AGAINST) for metric, limit in limited]

    # Predicted once, and only where a limit asks for a test.
    @functools.cache
    def predicted() -> PairedExamples:
        paths = {name: path_utils.serving_model_path(model.uri) for name, model in models.items()}
        return predicted_examples(task, split_files(examples, GATE_SPLIT), paths)

    def tested(metric: EvalMetric) -> PairedTest:
        return paired_test(task, metric, predicted(), model=CANDIDATE, reference=BASELINE)

    return [
        worsening_finding(
            metric,
            limit,
            gate=GATE,
            values=metrics.get(CANDIDATE, {}),
            reference=metrics.get(BASELINE, {}),
            against=AGAINST,
            test=functools.partial(tested, metric),
        )
        for metric, limit in limited
    ]


def two_models_config(task: Task, evaluate: EvaluateConfig) -> config_pb2.EvalConfig:
    """Of the new model and the baseline, which TFX's executor drops where there is none.

    Args:
      task: the task as it was trained.
      evaluate: the config's section.
    """
    specs = [
        config_pb2.ModelSpec(
            name=name,
            signature_name="serving_default",
            prediction_key=task.prediction_key,
            label_key=task.label_key,
            is_baseline=name == BASELINE,
        )
        for name in (CANDIDATE, BASELINE)
    ]
    config = eval_config(task, gates=evaluate.gates, measuring=evaluate, model_specs=specs)
    if evaluate.fairness is not None:
        add_fairness(config, evaluate.fairness)
    return config
