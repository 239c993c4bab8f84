"""What every step on Kubeflow runs: `python -m pipeline.kubeflow.step`.

TFX's executor runner, between two translations (`executor_messages`), since it reads and writes as Vertex AI does.
Exit codes: 0 done, 1 failed, 2 wrong config or image, 3 a gate refused, 75 interrupted while training, which goes on
from its checkpoint when the step starts again. Kubeflow's launcher logs them, and itself ends with 1.
"""

import argparse
import contextlib
import gc
import logging
import sys
from collections.abc import Sequence

from google.protobuf import json_format

from pipeline.beam.flags import IN_PROCESSES
from pipeline.beam.lost_workers import lost_workers_end_steps
from pipeline.kubeflow.executor_messages import backend_output, runner_input
from pipeline.kubeflow.failure import report
from pipeline.kubeflow.recorded_step import recorded
from pipeline.kubeflow.staging import make_output


def parse_arguments(words: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """What TFX's compiler gives a step, and behind that the flags of Beam's runner."""
    # Without abbreviations, for which flags of Beam's could be taken.
    parser = argparse.ArgumentParser(prog="pipeline.kubeflow.step", allow_abbrev=False)
    parser.add_argument("--executor_class_path", required=True, help="Dotted path of the executor's class.")
    parser.add_argument("--json_serialized_invocation_args", required=True, help="ExecutorInput as JSON.")
    parser.add_argument("--json_serialized_inputs_spec_args", default="{}", help="ComponentInputsSpec as JSON.")
    return parser.parse_known_args(words)


def run_step(arguments: argparse.Namespace, beam_flags: list[str]) -> None:
    """Runs the executor and leaves what the backend reads of it.

    Raises:
      ConfigError: an artifact, the registry or the workspaces lie where a step cannot read.
      RunError: a worker process of the executor's died.
    """
    message = runner_input(arguments.json_serialized_invocation_args, arguments.json_serialized_inputs_spec_args)
    for name in message.outputs.artifacts:
        for artifact in message.outputs.artifacts[name].artifacts:
            make_output(artifact.uri)
    # Takes seconds, which a step that cannot run is spared.
    from tfx.dsl.io import fileio
    from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor

    arguments.json_serialized_invocation_args = json_format.MessageToJson(message)
    with recorded(message) as written:
        with lost_workers_end_steps() if IN_PROCESSES in beam_flags else contextlib.nullcontext():
            kubeflow_v2_run_executor.main((arguments, beam_flags))
        with fileio.open(message.outputs.output_file, "r") as file:
            written.append(backend_output(file.read()))
        with fileio.open(message.outputs.output_file, "w") as file:
            file.write(written[0])


def main() -> None:
    """Runs the step that the command line asks for, and ends the process."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    exit_code = 0
    try:
        run_step(*parse_arguments(sys.argv[1:]))
    except SystemExit:
        raise
    except BaseException as error:
        exit_code = report(error)
    # At its end Python would go through all objects for cycles that nothing holds: two seconds where TensorFlow is.
    gc.freeze()
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
