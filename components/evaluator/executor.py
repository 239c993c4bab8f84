"""Evaluator's runtime."""

from typing import Any

from tensorflow_model_analysis.proto import config_pb2
from tfx import types
from tfx.components.evaluator import executor
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import json_utils, proto_utils

from components.baseline.executor import has_model
from components.baseline.findings import comparison_findings
from components.blessing import write_blessing
from components.evaluator.eval_config import eval_config
from components.evaluator.findings import threshold_findings
from components.evaluator.options import EvaluateConfig
from components.splits import GATE_SPLIT
from components.trained_spec import trained_spec
from records.evaluation import BASELINE, CANDIDATE
from records.findings import write_findings
from tasks.base import Task

GATE = "evaluation"


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
        config = two_models_config(trained_spec(exec_properties["task_spec"], model_run).load(), evaluate)
        properties = {
            standard_component_specs.EVAL_CONFIG_KEY: proto_utils.proto_to_json(config),
            standard_component_specs.EXAMPLE_SPLITS_KEY: json_utils.dumps([GATE_SPLIT]),
        }
        super().Do(input_dict, output_dict, properties)
        evaluation = artifact_utils.get_single_uri(output_dict[standard_component_specs.EVALUATION_KEY])
        findings = [
            *comparison_findings(baseline, gate=GATE, on_incomparable=evaluate.incomparable_baseline),
            *threshold_findings(evaluation, config, gate=GATE, has_baseline=has_baseline),
        ]
        write_findings(evaluation, findings)
        # TFX itself blesses nothing where only changes are limited and there is no baseline.
        write_blessing(artifact_utils.get_single_instance(output_dict[standard_component_specs.BLESSING_KEY]), findings)


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
    return eval_config(task, gates=evaluate.gates, slices=evaluate.slices, model_specs=specs)
