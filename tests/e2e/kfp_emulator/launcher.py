"""Starts a step's process as the backend's launcher does: KFP 2.17.0's backend/src/v2/component/launcher_v2.go.

The launcher's directories are fixed (/minio/BUCKET/…); here they lie below a folder of each step's own, as each pod has
a file system of its own, and `tests.e2e.kfp_emulator.pod` says so to the entry point.
"""

import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from tests.e2e.commands import PROJECT
from tests.e2e.kfp_emulator.artifact_records import ArtifactRecords
from tests.e2e.kfp_emulator.object_store import ObjectStore, local_path

LOGS = "executor-logs"
# Starts a step's process. Takes the container of the pipeline spec, the command with its placeholders filled in, the
# folder that stands for the root of the step's file system, and the file for what the process prints.
Start = Callable[[Mapping[str, Any], list[str], Path, IO[str]], subprocess.Popen]


class StepFailed(Exception):
    """A step's process, or what it left, failed the launcher."""

    def __init__(self, step: str, exit_code: int, log: str) -> None:
        super().__init__(f"{step}: exit code {exit_code}\n{log}")
        self.exit_code = exit_code
        self.log = log


def start_process(container: Mapping[str, Any], command: list[str], pod: Path, log: IO[str]) -> subprocess.Popen:
    """Has this interpreter stand for the image's. A `Start`."""
    python, flag, module, *arguments = command
    if (python, flag) != ("python", "-m"):
        raise ValueError(f"the image's Python is to run a module. Received: {command[:3]}.")
    env = {each["name"]: each["value"] for each in container.get("env", [])}
    home = pod / "home"
    home.mkdir(parents=True)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.kfp_emulator.pod", str(pod), module, *arguments],
        cwd=home,
        env={"PYTHONPATH": str(PROJECT), "PATH": os.environ["PATH"], "HOME": str(home), **env},
        stdout=log,
        stderr=subprocess.STDOUT,
    )


@dataclass(frozen=True)
class Launcher:
    """Args:
    store: where artifacts lie.
    records: where they are recorded.
    start: starts a step's process.
    on_start: called with each step's process while it runs.
    """

    store: ObjectStore
    records: ArtifactRecords
    start: Start
    on_start: Callable[[str, subprocess.Popen], None]

    def run(
        self,
        step: str,
        executor_input: Mapping[str, Any],
        component: Mapping[str, Any],
        container: Mapping[str, Any],
        *,
        pod: Path,
        attempt: int,
    ) -> dict[str, str]:
        """One attempt (executeV2, :405, and execute, :657).

        Args:
          step: name of the task.
          executor_input: what the driver made.
          component: the task's.
          container: the component's.
          pod: folder that stands for the root of the step's file system.
          attempt: counted from 0, which Argo puts into KFP_RETRY_INDEX.

        Returns:
          {output: id of its record}.

        Raises:
          StepFailed: the process failed, or an output could not be uploaded.
        """
        given = copy.deepcopy(dict(executor_input))
        outputs = given["outputs"]["artifacts"]
        outputs[LOGS]["artifacts"][0]["uri"] += f"-{attempt}"  # qualifyExecutorLogsURI, :538.
        command = _compiled(container, _with_defaults(given, component), pod)
        for listed in given["inputs"]["artifacts"].values():
            for artifact in listed["artifacts"]:
                self.store.download(artifact["uri"], local_path(artifact["uri"], pod))
        for listed in outputs.values():  # prepareOutputFolders, :1280.
            for artifact in listed["artifacts"]:
                local_path(artifact["uri"], pod).parent.mkdir(parents=True, exist_ok=True)
        log = local_path(outputs[LOGS]["artifacts"][0]["uri"], pod)
        with log.open("w") as stream:
            process = self.start(container, command, pod, stream)
            self.on_start(step, process)
            exit_code = process.wait()
        if exit_code:
            self._upload(step, {LOGS: outputs[LOGS]}, pod)
            raise StepFailed(step, exit_code, log.read_text())
        _merge(outputs, _read_output(Path(given["outputs"]["outputFile"])))
        return self._upload(step, outputs, pod)

    def _upload(self, step: str, outputs: Mapping[str, Any], pod: Path) -> dict[str, str]:
        """uploadOutputArtifacts, :778."""
        recorded = {}
        for name, listed in outputs.items():
            for artifact in listed["artifacts"]:
                local = local_path(artifact["uri"], pod)
                try:
                    self.store.upload(local, artifact["uri"])
                except FileNotFoundError:
                    if self.records.refuses_missing_outputs:
                        message = f'declared output artifact "{name}" is missing at "{local}"'
                        raise StepFailed(step, 1, message) from None
                recorded[name] = self.records.record(name, artifact)
        return recorded


def _with_defaults(executor_input: Mapping[str, Any], component: Mapping[str, Any]) -> dict[str, Any]:
    """addDefaultParams, :1310."""
    definitions = component.get("inputDefinitions", {}).get("parameters", {})
    defaults = {name: each["defaultValue"] for name, each in definitions.items() if "defaultValue" in each}
    inputs = executor_input["inputs"]
    return {**executor_input, "inputs": {**inputs, "parameterValues": defaults | inputs["parameterValues"]}}


def _compiled(container: Mapping[str, Any], executor_input: Mapping[str, Any], pod: Path) -> list[str]:
    """compileCmdAndArgs, :1051, with the placeholders of artifacts (getPlaceholders, :1077)."""
    text = json.dumps(executor_input)
    # KFP's own message judges what the emulator wrote; artifactId is the branch's without ML Metadata.
    message = pipeline_spec_pb2.ExecutorInput()
    json_format.Parse(text, message, ignore_unknown_fields='"artifactId"' in text)
    values = {"{{$}}": text}
    for side in ("inputs", "outputs"):
        for name, listed in executor_input[side]["artifacts"].items():
            uri = listed["artifacts"][0]["uri"]
            values[f"{{{{$.{side}.artifacts['{name}'].uri}}}}"] = uri
            values[f"{{{{$.{side}.artifacts['{name}'].path}}}}"] = str(local_path(uri, pod))
    words = []
    for word in [*container["command"], *container["args"]]:
        for placeholder, value in values.items():
            word = word.replace(placeholder, value)
        words.append(word)
    return words


def _read_output(path: Path) -> dict[str, Any]:
    """getExecutorOutputFile, :1208: as strict about fields as Go's protojson."""
    if not path.exists():
        return {}
    message = json_format.Parse(path.read_text(), pipeline_spec_pb2.ExecutorOutput())
    return json_format.MessageToDict(message)


def _merge(outputs: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    """mergeRuntimeArtifacts, :1188: of what a step says, the URI and the metadata of the first artifact count."""
    for name, listed in said.get("artifacts", {}).items():
        if name in outputs and name != LOGS and listed.get("artifacts"):
            source, target = listed["artifacts"][0], outputs[name]["artifacts"][0]
            if source.get("uri"):
                target["uri"] = source["uri"]
            if "metadata" in source:
                target["metadata"] = target.get("metadata", {}) | source["metadata"]
