"""Transform's contract: TFX's own."""

from tfx.components.transform import component
from tfx.dsl.components.base import executor_spec

from components.transform.executor import Executor


class Transform(component.Transform):
    """TFX's component, whose rows are counted."""

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)
