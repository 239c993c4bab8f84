"""Executes a compiled pipeline step by step, in process, as Kubeflow's launcher would.

What it does like the launcher: topological order over the DAG's edges, an ExecutorInput in JSON in place of `{{$}}`,
the step's own command and arguments, and the ExecutorOutput read back, so that an artifact reaches the next step only
by what survives that round trip. Output directories are not made: object stores have none.

What it does not cover: the container image, scheduling and resources, retries, the backend's cache, KFP's own ML
Metadata.
"""

import json
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor

COMMAND = ["python", "-m", kubeflow_v2_run_executor.__name__]
PLACEHOLDER = "{{$}}"


class Emulator:
    """Runs the steps of one pipeline spec; `outputs` holds each finished step's artifacts as JSON."""

    def __init__(self, spec: Mapping[str, Any], root: Path) -> None:
        self.spec = spec
        self.root = root
        self.outputs: dict[str, dict[str, Any]] = {}

    def order(self) -> list[str]:
        """The steps, each after those whose artifacts it takes or on which it depends."""
        tasks = self.spec["root"]["dag"]["tasks"]
        return list(TopologicalSorter({name: set(_upstream(task)) for name, task in tasks.items()}).static_order())

    def run(self, step: str) -> None:
        """Runs one step. Raises what its executor raises."""
        task = self.spec["root"]["dag"]["tasks"][step]
        component = self.spec["components"][task["componentRef"]["name"]]
        container = self.spec["deploymentSpec"]["executors"][component["executorLabel"]]["container"]
        if container["command"] != COMMAND:
            raise ValueError(f"{step} runs another command than the image's: {container['command']}")
        output_file = self.root / step / "executor_output.json"
        executor_input = {
            "inputs": {
                "parameterValues": self._parameters(task, component),
                "artifacts": self._input_artifacts(task),
            },
            "outputs": {"artifacts": self._output_artifacts(step, component), "outputFile": str(output_file)},
        }
        arguments = [json.dumps(executor_input) if text == PLACEHOLDER else text for text in container["args"]]
        kubeflow_v2_run_executor.main(kubeflow_v2_run_executor._parse_flags(["run_executor", *arguments]))
        self._read_outputs(step, component, json.loads(output_file.read_text()))

    def _parameters(self, task: Mapping[str, Any], component: Mapping[str, Any]) -> dict[str, Any]:
        definitions = component.get("inputDefinitions", {}).get("parameters", {})
        values = {name: spec["defaultValue"] for name, spec in definitions.items() if "defaultValue" in spec}
        given = task.get("inputs", {}).get("parameters", {})
        return values | {name: value["runtimeValue"]["constant"] for name, value in given.items()}

    def _input_artifacts(self, task: Mapping[str, Any]) -> dict[str, Any]:
        wanted = task.get("inputs", {}).get("artifacts", {})
        sources = {name: source["taskOutputArtifact"] for name, source in wanted.items()}
        return {
            name: self.outputs[source["producerTask"]][source["outputArtifactKey"]] for name, source in sources.items()
        }

    def _output_artifacts(self, step: str, component: Mapping[str, Any]) -> dict[str, Any]:
        definitions = component.get("outputDefinitions", {}).get("artifacts", {})
        return {
            key: {
                "artifacts": [
                    {"name": f"{step}/{key}", "uri": str(self.root / step / key), "type": definition["artifactType"]}
                ]
            }
            for key, definition in definitions.items()
        }

    def _read_outputs(self, step: str, component: Mapping[str, Any], output: Mapping[str, Any]) -> None:
        """Takes what the step said of its artifacts: uri and metadata, no more than the backend would store."""
        self.outputs[step] = self._output_artifacts(step, component)
        for key, said in output.get("artifacts", {}).items():
            for artifact, update in zip(self.outputs[step][key]["artifacts"], said["artifacts"], strict=True):
                artifact |= {name: update[name] for name in ("uri", "metadata") if name in update}


def _upstream(task: Mapping[str, Any]) -> Iterator[str]:
    yield from task.get("dependentTasks", [])
    for source in task.get("inputs", {}).get("artifacts", {}).values():
        yield source["taskOutputArtifact"]["producerTask"]
