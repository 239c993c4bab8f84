"""Two devices and two processes against one, on the same global batches."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from training.distribution import strategy
from training.errors import Preempted, WorkersEndedError
from training.options import DistributionOptions
from training.processes.together import run_together

FOLDER = Path(__file__).resolve().parent

# Sums over two halves of a batch round otherwise than one over the whole; Adam carries that through twenty steps.
TOLERANCE = 1e-4


def _start(name: str, out: Path, *arguments: object, tf_config: str | None = None) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(FOLDER.parents[1]), "TF_CPP_MIN_LOG_LEVEL": "3"}
    if tf_config:
        environment["TF_CONFIG"] = tf_config
    return subprocess.Popen(
        [sys.executable, str(FOLDER / "distributed.py"), name, str(out), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )


def _start_cluster(name: str, jobs: dict[str, int], out: Path, *arguments: object) -> list[subprocess.Popen]:
    """Processes on loopback, so many of each job."""
    sockets = {job: [socket.create_server(("127.0.0.1", 0)) for _ in range(count)] for job, count in jobs.items()}
    cluster = {job: [f"127.0.0.1:{s.getsockname()[1]}" for s in listening] for job, listening in sockets.items()}
    for listening in sockets.values():
        for one in listening:
            one.close()
    tasks = [{"type": job, "index": index} for job, count in jobs.items() for index in range(count)]
    configs = [json.dumps({"cluster": cluster, "task": task}) for task in tasks]
    return [_start(name, out, *arguments, tf_config=config) for config in configs]


def _start_workers(out: Path, *arguments: object) -> list[subprocess.Popen]:
    return _start_cluster("multi_worker", {"worker": 2}, out, *arguments)


def _finish(*processes: subprocess.Popen) -> None:
    for process in processes:
        output, _ = process.communicate(timeout=100)
        assert process.returncode == 0, output


def _assert_agree(mine: Path, theirs: Path) -> None:
    with np.load(mine) as one, np.load(theirs) as other:
        for name in one.files:
            np.testing.assert_allclose(one[name], other[name], rtol=TOLERANCE, atol=TOLERANCE)
    first, second = (json.loads(Path(f"{path}.json").read_text()) for path in (mine, theirs))
    assert first["train"] == pytest.approx(second["train"], rel=TOLERANCE)
    assert first["evaluation"] == pytest.approx(second["evaluation"], rel=TOLERANCE)


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> Path:
    """What one device gives."""
    out = tmp_path_factory.mktemp("alone") / "weights.npz"
    _finish(_start("none", out))
    return out


@pytest.fixture(scope="module")
def two_devices(tmp_path_factory) -> Path:
    """What two virtual devices give."""
    out = tmp_path_factory.mktemp("two_devices") / "weights.npz"
    _finish(_start("mirrored", out))
    return out


@pytest.mark.e2e
def test_two_devices_agree_with_one(two_devices, alone):
    _assert_agree(two_devices, alone)


@pytest.mark.e2e
def test_two_devices_tell_the_gradients_of_the_whole_batch(two_devices, alone):
    with np.load(f"{two_devices}.gradients.npz") as mine, np.load(f"{alone}.gradients.npz") as theirs:
        assert len(theirs.files) == 4
        for name in theirs.files:
            np.testing.assert_allclose(mine[name], theirs[name], rtol=1e-5, atol=1e-6)


@pytest.mark.e2e
def test_a_lost_worker_ends_all_and_all_go_on_from_the_checkpoint(tmp_path, alone):
    out, checkpoints = tmp_path / "weights.npz", tmp_path / "checkpoints"
    chief, lost = _start_workers(out, checkpoints, 12)
    assert lost.wait(timeout=100) == -9
    output, _ = chief.communicate(timeout=100)
    assert chief.returncode != 0
    assert "WorkerLostError: All workers must be there" in output
    _finish(*_start_workers(out, checkpoints))
    _assert_agree(out, alone)
    # Two epochs of five steps were behind it.
    assert json.loads(Path(f"{out}.json").read_text())["epochs"] == 2


@pytest.mark.e2e
def test_processes_that_one_starts_end_together_and_go_on_from_the_checkpoint(tmp_path, alone, monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    import distributed

    out, checkpoints = tmp_path / "weights.npz", tmp_path / "checkpoints"
    arguments = "multi_worker", str(out), str(checkpoints)
    with pytest.raises(WorkersEndedError, match=r"process \d+ was killed by SIGKILL, .*, number 1 of 2\. Start"):
        run_together(distributed.train, *arguments, "12", count=2)
    with pytest.raises(Preempted, match=r"A checkpoint of step 15 is in"):
        run_together(distributed.train, *arguments, "", "15", count=2)
    assert not out.exists()
    run_together(distributed.train, *arguments, count=2)
    _assert_agree(out, alone)
    # Of four epochs two were told, and the steps of the third were behind it.
    assert json.loads(Path(f"{out}.json").read_text())["epochs"] == 2


@pytest.mark.e2e
def test_a_parameter_server_hands_the_steps_to_its_workers(tmp_path, alone):
    """Workers go on as they can, so that no two runs agree to the bit; they learn what one device does."""
    out = tmp_path / "weights.npz"
    chief, *servers = _start_cluster("parameter_server", {"chief": 1, "worker": 2, "ps": 1}, out)
    try:
        _finish(chief)
    finally:
        for server in servers:
            server.kill()
    mine, theirs = (json.loads(Path(f"{path}.json").read_text()) for path in (out, alone))
    assert mine["epochs"] == 4
    assert mine["evaluation"] == pytest.approx(theirs["evaluation"], rel=0.3)


def test_a_process_that_is_none_of_the_workers_computes_alone(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert strategy(DistributionOptions(strategy="multi_worker", workers=2)).num_replicas_in_sync == 1


@pytest.mark.parametrize("name", ["multi_worker", "parameter_server"])
def test_processes_that_nobody_named_are_refused(name, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(
        ValueError, match=r"reads the addresses of the processes from TF_CONFIG\. Received: no TF_CONFIG"
    ):
        strategy(DistributionOptions(strategy=name))
