"""A backend for compiled pipelines: driver, cache, Argo's retries and launcher, each shaped by KFP's source.

Steps run as processes by their compiled command and arguments, in the order of the DAG, and pass artifacts on by the
object store and what the backend records of them alone. Volumes are the folders that the steps' paths name. What there
is not: the image, scheduling and resources, permissions and the network.
"""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from tests.e2e.kfp_emulator.artifact_records import ArtifactRecords
from tests.e2e.kfp_emulator.cache_key import cache_key, fingerprint
from tests.e2e.kfp_emulator.driver import provision_outputs, resolve_inputs
from tests.e2e.kfp_emulator.launcher import LOGS, Launcher, Start, StepFailed, start_process
from tests.e2e.kfp_emulator.object_store import ObjectStore
from tests.e2e.kfp_emulator.retries import RetryStrategy

# What the backend takes where nobody names another root (backend/src/v2/config/env.go).
DEFAULT_ROOT = "minio://mlpipeline/v2/artifacts"


class Backend:
    """Runs the steps of a compiled file.

    Attributes:
      documents: of the file; others may take their place, as another run's would.
      records: where artifacts are recorded.
      outputs: {step: {output: id of its record}} of the steps that are done.
      attempts: {step: how often its process was started}.
    """

    def __init__(
        self,
        documents: Sequence[Mapping[str, Any]],
        folder: Path,
        records: ArtifactRecords,
        start: Start = start_process,
        on_start: Callable[[str, subprocess.Popen], None] = lambda step, process: None,
    ) -> None:
        """Args:
        documents: the pipeline spec and, where there is one, the platform document.
        folder: of the object store and of the steps' file systems.
        records: where artifacts are recorded.
        start: starts a step's process.
        on_start: called with each step's process while it runs.
        """
        self.documents = documents
        self.records = records
        self.outputs: dict[str, dict[str, str]] = {}
        self.attempts: dict[str, int] = {}
        self._store = ObjectStore(folder / "store")
        self._pods = folder / "pods"
        self._cached: set[str] = set()
        self._launcher = Launcher(self._store, records, start, on_start)

    @property
    def spec(self) -> Mapping[str, Any]:
        """The pipeline spec."""
        return self.documents[0]

    def order(self) -> list[str]:
        """The steps, each after those whose artifacts it takes or on which it depends."""
        tasks = self.spec["root"]["dag"]["tasks"]
        return list(TopologicalSorter({name: set(_upstream(task)) for name, task in tasks.items()}).static_order())

    def run_all(self) -> None:
        """Runs every step. Raises StepFailed."""
        for step in self.order():
            self.run(step)

    def run(self, step: str) -> None:
        """Runs a step, again where its retry policy has Argo do so. Raises StepFailed."""
        task, component, container = self._parts(step)
        executor_input = self._executor_input(step)
        self.attempts[step] = 0
        strategy, started, pod = RetryStrategy.of_task(task), time.monotonic(), self._pods / step
        while True:
            shutil.rmtree(pod, ignore_errors=True)
            self.attempts[step] += 1
            try:
                self.outputs[step] = self._launcher.run(
                    step, executor_input, component, container, pod=pod, attempt=self.attempts[step] - 1
                )
            except StepFailed:
                if not strategy.allows_another(self.attempts[step], time.monotonic() - started):
                    raise
            else:
                self._cached.add(self._fingerprint(step, executor_input))
                return

    def is_cached(self, step: str) -> bool:
        """Whether the backend would take a step, whose inputs are there, from its cache."""
        return self._fingerprint(step, self._executor_input(step)) in self._cached

    def output(self, step: str, output: str) -> dict[str, Any]:
        """What the driver would hand to a step as its input."""
        return self.records.runtime_artifact(self.outputs[step][output])

    def file(self, step: str, output: str, name: str = "") -> Path:
        """A file of an artifact in the object store."""
        return self._store.path(self.output(step, output)["uri"]) / name

    def log(self, step: str) -> str:
        """What a step's last attempt printed."""
        return self.file(step, LOGS).read_text()

    def _parts(self, step: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        task = self.spec["root"]["dag"]["tasks"][step]
        component = self.spec["components"][task["componentRef"]["name"]]
        return task, component, self.spec["deploymentSpec"]["executors"][component["executorLabel"]]["container"]

    def _executor_input(self, step: str) -> dict[str, Any]:
        task, component, _ = self._parts(step)
        # The root of a run (client.go:420).
        root = f"{DEFAULT_ROOT}/{self.spec['pipelineInfo']['name']}/run"
        return {
            "inputs": resolve_inputs(task, component, self.output),
            "outputs": provision_outputs(root, step, component, self._pods / step),
        }

    def _fingerprint(self, step: str, executor_input: Mapping[str, Any]) -> str:
        _, component, container = self._parts(step)
        platforms = self.documents[1]["platforms"] if len(self.documents) > 1 else {}
        executors = platforms.get("kubernetes", {}).get("deploymentSpec", {}).get("executors", {})
        mounts = executors.get(component["executorLabel"], {}).get("pvcMount", [])
        parameters = component.get("outputDefinitions", {}).get("parameters", {})
        key = cache_key(
            executor_input["inputs"],
            executor_input["outputs"],
            output_parameters={name: each["parameterType"] for name, each in parameters.items()},
            command=[*container["command"], *container["args"]],
            image=container["image"],
            claims=[mount["constant"] for mount in mounts],
        )
        return fingerprint(key)


def _upstream(task: Mapping[str, Any]) -> Iterator[str]:
    yield from task.get("dependentTasks", [])
    for source in task.get("inputs", {}).get("artifacts", {}).values():
        yield source["taskOutputArtifact"]["producerTask"]
