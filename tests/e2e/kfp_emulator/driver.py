"""What a step is given, as the backend's driver puts it together: KFP 2.17.0's backend/src/v2/driver."""

import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.e2e.kfp_emulator.object_store import local_path

# resolve.go:180, handleParamTypeValidationAndConversion.
KINDS = {
    "STRING": str,
    "NUMBER_INTEGER": (int, float),
    "NUMBER_DOUBLE": (int, float),
    "BOOLEAN": bool,
    "LIST": list,
    "STRUCT": dict,
}


def resolve_inputs(
    task: Mapping[str, Any], component: Mapping[str, Any], artifact: Callable[[str, str], dict[str, Any]]
) -> dict[str, Any]:
    """ExecutorInput.inputs, without default values, which the launcher puts in (resolve.go:102).

    Args:
      task: of the pipeline spec.
      component: the task's.
      artifact: the runtime artifact that a task has written to an output.

    Raises:
      TypeError: a constant of another type than the component's input has.
    """
    inputs = task.get("inputs", {})
    values = {name: given["runtimeValue"]["constant"] for name, given in inputs.get("parameters", {}).items()}
    for name, definition in component.get("inputDefinitions", {}).get("parameters", {}).items():
        expected = definition["parameterType"]
        if name in values and not isinstance(values[name], KINDS[expected]):
            raise TypeError(f"input parameter {name!r} type mismatch: expect {expected}, got {values[name]!r}")
    sources = {name: given["taskOutputArtifact"] for name, given in inputs.get("artifacts", {}).items()}
    return {
        "parameterValues": values,
        "artifacts": {
            name: {"artifacts": [artifact(source["producerTask"], source["outputArtifactKey"])]}
            for name, source in sources.items()
        },
    }


def provision_outputs(root: str, task: str, component: Mapping[str, Any], pod: Path) -> dict[str, Any]:
    """ExecutorInput.outputs, with the log that the launcher keeps since release 2.5.0 (driver.go:741).

    Args:
      root: pipeline root of the run.
      task: name of the task.
      component: the task's.
      pod: folder that stands for the root of the step's file system.
    """
    task_root = f"{root}/{task}/{uuid.uuid4()}"
    definitions = component.get("outputDefinitions", {}).get("artifacts", {})
    types = {name: definition["artifactType"] for name, definition in definitions.items()}
    types["executor-logs"] = {"schemaTitle": "system.Artifact"}
    return {
        "artifacts": {
            name: {"artifacts": [{"name": name, "uri": f"{task_root}/{name}", "type": kind}]}
            for name, kind in types.items()
        },
        "outputFile": str(local_path(task_root, pod) / "output_metadata.json"),
    }
