"""The process of a step: what it hands to TFX's runner, and how it ends."""

import json
import sys
import threading
from typing import ClassVar

import pytest
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils

from components.gates import GateRefused
from pipeline.beam.flags import beam_flags
from pipeline.beam.section import BeamConfig
from pipeline.errors import ConfigError
from pipeline.kubeflow import staging, step
from pipeline.kubeflow.failure import report
from records.findings import Finding
from tasks.loading import TaskNotFoundError, TaskSpec
from training.errors import DivergedError, Preempted

IN_TWO = BeamConfig(mode="multi_processing", workers=2)
REQUIRED = ["--executor_class_path", "a.B", "--json_serialized_invocation_args", "{}"]
MODEL = "title: tfx.Model\ntype: object\n"
FINDINGS = [
    Finding(gate="evaluation", metric="accuracy", where="", value=0.9, limit=">= 0.95", passed=False),
    Finding(gate="evaluation", metric="loss", where="label=3", value=2.0, limit="<= 1", passed=False),
    Finding(gate="evaluation", metric="mae", where="", value=0.1, limit="<= 1", passed=True),
]


class Executor(base_beam_executor.BaseBeamExecutor):
    """Remembers what it was given, and points from its output to its input, as TFX's Evaluator does."""

    given: ClassVar[dict] = {}

    def Do(self, input_dict, output_dict, exec_properties):  # noqa: N802 - TFX's name
        Executor.given = {"properties": exec_properties, "beam": self._beam_pipeline_args, "hook": threading.excepthook}
        model = artifact_utils.get_single_instance(input_dict["model"])
        output = artifact_utils.get_single_instance(output_dict["model"])
        output.set_string_custom_property("current_model", model.uri)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a step whose launcher stages below a folder; gives what it left for the backend."""
    monkeypatch.setattr(
        staging, "DIRECTORIES", {scheme: f"{tmp_path}{place}" for scheme, place in staging.DIRECTORIES.items()}
    )

    def run_step(*flags):
        (tmp_path / "minio" / "b").mkdir(parents=True)
        file = tmp_path / "minio" / "b" / "output_metadata.json"
        given = {"name": "7", "uri": "minio://b/in", "type": {"instanceSchema": ""}}
        logs = {"name": "executor-logs", "uri": "minio://b/l", "type": {"schemaTitle": "system.Artifact"}}
        message = {
            "inputs": {"artifacts": {"model": {"artifacts": [given]}}, "parameterValues": {"seed": 3}},
            "outputs": {
                "artifacts": {
                    "model": {"artifacts": [{"uri": "minio://b/out", "type": {"instanceSchema": MODEL}}]},
                    "executor-logs": {"artifacts": [logs]},
                },
                "outputFile": str(file),
            },
        }
        spec = {
            "artifacts": {"model": {"artifactType": {"instanceSchema": MODEL}}},
            "parameters": {"seed": {"parameterType": "NUMBER_INTEGER"}},
        }
        words = ["--executor_class_path", f"{__name__}.Executor", "--json_serialized_invocation_args"]
        words += [json.dumps(message), "--json_serialized_inputs_spec_args", json.dumps(spec), *flags]
        step.run_step(*step.parse_arguments(words))
        return json.loads(file.read_text())

    return run_step


@pytest.mark.parametrize(("flags", "are_watched"), [((), False), (beam_flags(IN_TWO, "Transform"), True)])
def test_a_worker_process_that_dies_ends_the_step(flags, are_watched, run):
    before = threading.excepthook
    run(*flags)
    assert (Executor.given["hook"] is not before) == are_watched
    assert threading.excepthook is before


def test_the_executor_works_on_copies_and_the_backend_hears_of_uris(run, tmp_path):
    [artifact] = run()["artifacts"]["model"]["artifacts"]
    assert artifact["uri"] == "minio://b/out"
    assert artifact["metadata"]["current_model"] == "minio://b/in"
    assert Executor.given["properties"] == {"seed": 3}
    assert (tmp_path / "minio" / "b" / "out").is_dir()


@pytest.mark.parametrize("flags", [[], ["--runner=FlinkRunner", "--parallelism", "4"], ["--json=x", "--executor=y"]])
def test_beam_is_given_its_flags_and_nothing_else(flags):
    arguments, beam_flags = step.parse_arguments([*REQUIRED, *flags])
    assert beam_flags == flags
    assert arguments.json_serialized_inputs_spec_args == "{}"


def test_without_flags_beam_starts_with_none(run):
    run()
    assert Executor.given["beam"] == []


def _last_line(capsys) -> str:
    return capsys.readouterr().err.splitlines()[-1]


def test_a_refusal_ends_with_the_gate_the_figures_and_the_limits(capsys):
    assert report(GateRefused(FINDINGS, "Train a better model.")) == 3
    written = capsys.readouterr().err.splitlines()
    assert written == [
        "Nothing was pushed. Train a better model.",
        "Gate refused: the evaluation gate. accuracy must be >= 0.95. Received: 0.9. "
        "loss (label=3) must be <= 1. Received: 2.",
    ]


def test_an_image_without_the_user_s_module_is_told_in_one_line(capsys):
    with pytest.raises(TaskNotFoundError) as raised:
        TaskSpec.parse('{"task": "nobodys_module.MyTask", "options": {}}')
    assert report(raised.value) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(
        "Wrong image: it must hold the task's modules. Received: an image without 'nobodys_module'. Build one"
    )


def test_a_class_that_its_module_does_not_have_is_the_config_s_mistake(capsys):
    with pytest.raises(TaskNotFoundError) as raised:
        TaskSpec.parse('{"task": "tasks.few_shot.regression.NoSuchClass", "options": {}}')
    assert report(raised.value) == 2
    assert _last_line(capsys).startswith("Wrong config: task must be the dotted path of a class.")


@pytest.mark.parametrize(
    ("error", "exit_code", "line"),
    [
        (ConfigError("the rule.\n  Received: this."), 2, "Wrong config: the rule. Received: this."),
        (DivergedError("loss is NaN"), 1, "Training diverged: loss is NaN"),
        (Preempted("SIGTERM came."), 75, "Training was interrupted: SIGTERM came."),
        (KeyboardInterrupt(), 130, "Interrupted."),
        (ZeroDivisionError("by zero"), 1, "Step failed: ZeroDivisionError: by zero"),
    ],
)
def test_each_way_to_fail_has_its_exit_code_and_its_last_line(error, exit_code, line, capsys):
    assert report(error) == exit_code
    assert _last_line(capsys) == line


def test_a_failure_that_nobody_foresaw_shows_where(capsys):
    try:
        raise ZeroDivisionError("by zero")
    except ZeroDivisionError as error:
        report(error)
    assert "test_a_failure_that_nobody_foresaw_shows_where" in capsys.readouterr().err


@pytest.mark.parametrize(("raised", "exit_code"), [(None, 0), (GateRefused(FINDINGS, "x"), 3), (OSError("disk"), 1)])
def test_the_process_ends_with_the_exit_code(raised, exit_code, monkeypatch):
    def run_step(arguments, beam_flags):
        if raised:
            raise raised

    monkeypatch.setattr(step, "run_step", run_step)
    monkeypatch.setattr(
        sys, "argv", ["step", "--executor_class_path", "a.B", "--json_serialized_invocation_args", "{}"]
    )
    with pytest.raises(SystemExit) as ended:
        step.main()
    assert ended.value.code == exit_code
