"""Evaluator's contract: TFX's own, with a baseline that may be empty, and a config that is made in the step."""

from tfx.dsl.components.base import executor_spec
from tfx.dsl.components.base.base_beam_component import BaseBeamComponent
from tfx.types import standard_artifacts
from tfx.types.channel import BaseChannel, Channel
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.evaluator.executor import Executor


class EvaluatorSpec(ComponentSpec):
    """`task_spec` and `evaluate` instead of TFMA's EvalConfig: which metrics there are may depend on values that Tuner
    found."""

    PARAMETERS = {"task_spec": ExecutionParameter(type=str), "evaluate": ExecutionParameter(type=str)}
    INPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "model": ChannelParameter(type=standard_artifacts.Model),
        "model_run": ChannelParameter(type=standard_artifacts.ModelRun),
        "baseline_model": ChannelParameter(type=standard_artifacts.Model),
        "schema": ChannelParameter(type=standard_artifacts.Schema),
    }
    OUTPUTS = {
        "evaluation": ChannelParameter(type=standard_artifacts.ModelEvaluation),
        "blessing": ChannelParameter(type=standard_artifacts.ModelBlessing),
    }


class Evaluator(BaseBeamComponent):
    """TFMA over the SavedModel, sliced, against the thresholds and the baseline."""

    SPEC_CLASS = EvaluatorSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(self, *, task_spec: str, evaluate: str, **inputs: BaseChannel) -> None:
        """Args:
        task_spec: JSON of the task.
        evaluate: JSON of the config's section.
        inputs: channels by the names of the spec.
        """
        outputs = {name: Channel(type=parameter.type) for name, parameter in EvaluatorSpec.OUTPUTS.items()}
        super().__init__(EvaluatorSpec(task_spec=task_spec, evaluate=evaluate, **inputs, **outputs))
