"""What a run on this machine sees to before its engine works."""

import shutil
import socket
from pathlib import Path

from pipeline.beam.environments import External
from pipeline.beam.section import BeamConfig
from pipeline.errors import ConfigError, RunError

CONNECT_SECS = 5.0


def check_engine(beam: BeamConfig) -> None:
    """Finds out whether the engine is there, before anything runs: Beam itself would wait for it, some of it for ever.

    Raises:
      ConfigError: the engine's machines would not see this machine's files.
      RunError: what is missing, or does not answer.
    """
    if beam.engine == "dataflow":
        raise ConfigError(
            "beam.engine dataflow is for pipelines that `slipway compile` and `slipway submit` put on a cluster: its "
            "machines do not see the root of a run on this one. Received: dataflow. Take direct or flink here."
        )
    if beam.master is not None and beam.job_endpoint is None:
        if shutil.which("java") is None:
            raise RunError(
                f"beam.master needs Java, by which Beam's job server runs. Received: {beam.master}, and no java on "
                f"PATH. Install Java 11 or 17, or name the job_endpoint of a job server that runs elsewhere."
            )
        jar = beam.job_server_jar
        if jar is not None and "://" not in jar and not Path(jar).is_file():
            raise RunError(
                f"beam.job_server_jar must be a file. Received: {jar}, which is not there. docs/beam.md says where to "
                f"get it."
            )
    _check_answers("job_endpoint", beam.job_endpoint)
    if beam.master is not None and ":" in beam.master:
        _check_answers("master", beam.master.rpartition("//")[2])
    if isinstance(beam.environment, External) and beam.environment.is_beside and beam.is_local:
        _check_answers("environment.address", beam.environment.address)


def _check_answers(key: str, address: str | None) -> None:
    if address is None:
        return
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_SECS).close()
    except OSError as error:
        raise RunError(
            f"beam.{key} must answer. Received: {address} ({error.strerror or error}). Start it first; "
            f"`scripts/flink.sh up` does where Flink is to run on this machine."
        ) from None
