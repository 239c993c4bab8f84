import socket

import pytest

from pipeline.beam.local import check_engine
from pipeline.beam.section import BeamConfig
from pipeline.errors import ConfigError, RunError
from tests.pipeline.beam.sections import SECTIONS


@pytest.fixture
def answers():
    """The address of something that answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def silent():
    """An address at which nothing answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"127.0.0.1:{port}"


def _portable(job_endpoint: str, pool: str) -> BeamConfig:
    environment = {"kind": "external", "address": pool}
    return BeamConfig(engine="portable", job_endpoint=job_endpoint, environment=environment)


def test_an_engine_that_answers_is_taken(answers):
    check_engine(BeamConfig())
    check_engine(_portable(answers, answers))


def test_a_job_server_that_does_not_answer_is_named(answers, silent):
    with pytest.raises(RunError, match=rf"beam\.job_endpoint must answer\. Received: {silent} \(.*refused"):
        check_engine(_portable(silent, answers))


def test_so_is_a_pool_on_this_machine_for_which_beam_would_wait_for_ever(answers, silent):
    with pytest.raises(RunError, match=rf"beam\.environment\.address must answer\. Received: {silent}"):
        check_engine(_portable(answers, silent))


def test_a_pool_elsewhere_is_the_engine_s_to_find(answers):
    check_engine(_portable(answers, "pool.example.com:50000"))


def test_without_java_no_job_server_starts(answers, monkeypatch):
    section = BeamConfig(engine="flink", master=answers, environment={"kind": "loopback"})
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RunError, match=r"beam.master needs Java.*no java on PATH"):
        check_engine(section)


def test_a_job_server_s_jar_must_be_there(answers, tmp_path, monkeypatch):
    java = tmp_path / "java"
    java.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    jar = str(tmp_path / "none.jar")
    section = BeamConfig(engine="flink", master=answers, environment={"kind": "loopback"}, job_server_jar=jar)
    with pytest.raises(RunError, match=rf"job_server_jar must be a file\. Received: {jar}"):
        check_engine(section)


def test_dataflow_cannot_see_a_root_on_this_machine():
    with pytest.raises(ConfigError, match=r"dataflow is for pipelines that `slipway compile`"):
        check_engine(BeamConfig.model_validate(SECTIONS["dataflow"]))
