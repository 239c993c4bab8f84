"""From the section to the arguments of Beam's that a node gets. Needs no Beam."""

import json
from collections.abc import Iterator

from pipeline.beam.environments import Docker, External, Loopback, Process
from pipeline.beam.section import BeamConfig

# For workers without an image TFX builds a package of itself, in each step, which they would install. Here they have
# what they need.
NO_PACKAGE = "--sdk_container_image=none"
# Without it Beam hands over a list of what is installed here, by files that the engine's machines would have to share
# with the job server.
NOTHING_STAGED = "--experiments=disable_logging_submission_environment"
# A month. Where a job server knows a job before it runs, as Prism and Beam's own do, Beam waits for its end as long as
# for any answer, by default a minute (`JobServiceHandle.run` in apache_beam/runners/portability/portable_runner.py).
NO_DEADLINE = f"--job_server_timeout={30 * 24 * 3600}"
# From 2.77 on the default, DirectRunner, downloads a program (Prism) and runs what it can in that. This is what it
# took before, and what it falls back to.
IN_PROCESS = ("--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner", NO_PACKAGE)
# Workers that are processes which the step starts.
IN_PROCESSES = "--direct_running_mode=multi_processing"
RUNNERS = {
    "flink": "FlinkRunner",
    "spark": "SparkRunner",
    "dataflow": "DataflowRunner",
    "portable": "PortableRunner",
}
# The arguments that hold the section's keys as they are.
FLAGS = {
    "parallelism": "parallelism",
    "job_endpoint": "job_endpoint",
    "project": "project",
    "region": "region",
    "temp_location": "temp_location",
}
MASTER_FLAGS = {"flink": "flink_master", "spark": "spark_master_url"}
JAR_FLAGS = {"flink": "flink_job_server_jar", "spark": "spark_job_server_jar"}


def beam_flags(beam: BeamConfig, node: str) -> list[str]:
    """The arguments of one node.

    Args:
      beam: the section.
      node: name of a node that runs on Beam.
    """
    if node not in beam.nodes:
        return [*IN_PROCESS]
    deadline = [NO_DEADLINE] if beam.engine == "portable" else []
    return [*_engine_flags(beam), *deadline, *beam.args]


def own_flags(beam: BeamConfig) -> list[str]:
    """The names of arguments that the section says, which `args` must leave out."""
    return [flag.removeprefix("--").partition("=")[0] for flag in _engine_flags(beam)]


def _engine_flags(beam: BeamConfig) -> list[str]:
    if beam.engine == "direct":
        mode = [f"--direct_running_mode={beam.mode}"] if beam.mode else []
        # By default one for each core would be started, and each takes what TensorFlow takes.
        count = [f"--direct_num_workers={beam.workers or 1}"] if mode else []
        return [*IN_PROCESS, *mode, *count]
    return [f"--runner={RUNNERS[beam.engine]}", *_places(beam), *_environment(beam)]


def _places(beam: BeamConfig) -> Iterator[str]:
    for key, flag in FLAGS.items():
        if (value := getattr(beam, key)) is not None:
            yield f"--{flag}={value}"
    if beam.master is not None:
        yield f"--{MASTER_FLAGS[beam.engine]}={beam.master}"
    if beam.job_server_jar is not None:
        yield f"--{JAR_FLAGS[beam.engine]}={beam.job_server_jar}"
    if beam.workers is not None:
        yield f"--{'max_num_workers' if beam.engine == 'dataflow' else 'sdk_worker_parallelism'}={beam.workers}"


def _environment(beam: BeamConfig) -> Iterator[str]:
    environment = beam.environment
    yield f"--sdk_container_image={environment.image}" if isinstance(environment, Docker) else NO_PACKAGE
    yield NOTHING_STAGED
    if beam.engine == "dataflow":
        return
    if isinstance(environment, Loopback):
        yield "--environment_type=LOOPBACK"
    elif isinstance(environment, External):
        yield "--environment_type=EXTERNAL"
        yield f"--environment_config={environment.address}"
    elif isinstance(environment, Process):
        config = {"command": environment.command, "env": environment.env}
        yield "--environment_type=PROCESS"
        yield f"--environment_config={json.dumps(config, sort_keys=True)}"
    elif environment is not None:
        yield "--environment_type=DOCKER"
        yield f"--environment_config={environment.image}"
