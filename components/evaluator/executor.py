"""Evaluator's runtime."""

from typing import Any

import tensorflow_model_analysis as tfma
from tfx import types
from tfx.components.evaluator import executor
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import proto_utils

from components.baseline.executor import has_model
from components.blessing import write_blessing
from components.evaluator.findings import threshold_findings
from components.gates import write_findings

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
        has_baseline = has_model(artifact_utils.get_single_instance(input_dict[key]))
        if not has_baseline:
            input_dict = {name: artifacts for name, artifacts in input_dict.items() if name != key}
        super().Do(input_dict, output_dict, exec_properties)
        evaluation = artifact_utils.get_single_uri(output_dict[standard_component_specs.EVALUATION_KEY])
        config = tfma.EvalConfig()
        proto_utils.json_to_proto(exec_properties[standard_component_specs.EVAL_CONFIG_KEY], config)
        findings = threshold_findings(evaluation, config, gate=GATE, has_baseline=has_baseline)
        write_findings(evaluation, findings)
        # TFX itself blesses nothing where only changes are limited and there is no baseline.
        write_blessing(artifact_utils.get_single_instance(output_dict[standard_component_specs.BLESSING_KEY]), findings)
