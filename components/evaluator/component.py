"""Evaluator's contract: TFX's own, with a baseline that may be empty."""

from tfx.components.evaluator.component import Evaluator as TFXEvaluator
from tfx.dsl.components.base import executor_spec

from components.evaluator.executor import Executor


class Evaluator(TFXEvaluator):
    """TFMA over the SavedModel, sliced, against the thresholds and the baseline."""

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
