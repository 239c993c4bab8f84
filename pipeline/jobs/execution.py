"""Running an executor, which needs nothing of ML Metadata, as TFX's launcher does it.

What goes to another process goes as TFX's own `tfx/orchestration/python_execution_binary` takes it: as messages.
"""

from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

from tfx.orchestration.portable.base_executor_operator import BaseExecutorOperator
from tfx.orchestration.portable.beam_executor_operator import BeamExecutorOperator
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.orchestration.portable.python_executor_operator import PythonExecutorOperator
from tfx.proto.orchestration.executable_spec_pb2 import BeamExecutableSpec, PythonClassExecutableSpec
from tfx.proto.orchestration.execution_invocation_pb2 import ExecutionInvocation
from tfx.proto.orchestration.execution_result_pb2 import ExecutorOutput

ExecutorSpec: TypeAlias = PythonClassExecutableSpec | BeamExecutableSpec
OPERATORS = {PythonClassExecutableSpec: PythonExecutorOperator, BeamExecutableSpec: BeamExecutorOperator}


def execute(spec: ExecutorSpec, info: ExecutionInfo) -> ExecutorOutput:
    """What an executor makes of its inputs, whose outputs are on disk then. Raises what it raises."""
    return OPERATORS[type(spec)](spec).run_executor(info)


def execute_message(kind: type[ExecutorSpec], spec: bytes, invocation: bytes) -> bytes:
    """`execute` for another process.

    Args:
      kind: class of the spec.
      spec: the spec, serialized.
      invocation: an ExecutionInvocation, serialized.

    Returns:
      An ExecutorOutput, serialized.
    """
    info = ExecutionInfo.from_proto(ExecutionInvocation.FromString(invocation))
    return execute(kind.FromString(spec), info).SerializeToString()


class ExecutorOperator(BaseExecutorOperator):
    """What TFX's launcher runs executors by: hands them on to a function."""

    SUPPORTED_EXECUTOR_SPEC_TYPE: ClassVar = list(OPERATORS)
    SUPPORTED_PLATFORM_CONFIG_TYPE: ClassVar[list[type]] = []

    def __init__(
        self,
        run: Callable[[ExecutorSpec, ExecutionInfo], ExecutorOutput],
        executor_spec: ExecutorSpec,
        platform_config: Any = None,
    ) -> None:
        """Args:
        run: runs an executor, as `execute` does.
        executor_spec: the node's, from the launcher.
        platform_config: None, from the launcher.
        """
        super().__init__(executor_spec, platform_config)
        self._run = run

    def run_executor(self, execution_info: ExecutionInfo) -> ExecutorOutput:
        """Runs the executor. Raises what it raises."""
        return self._run(self._executor_spec, execution_info)
