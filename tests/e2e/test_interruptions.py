"""Signals in the middle of a run, and two runs at once; then the same command again."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from inspection.store import RunStore
from records.run import read_run_record
from tests.e2e.commands import PROJECT, SLIPWAY, run, write_config

pytestmark = pytest.mark.e2e


def _start(config: Path, root: Path, *options: str) -> subprocess.Popen:
    return subprocess.Popen(
        [*SLIPWAY, "run", str(config), "--root", str(root), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=PROJECT,
        # What runs in a shell's background ignores SIGINT and hands that on; a user's run does not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def _wait_for(process: subprocess.Popen, pattern: str, root: Path) -> None:
    """Until a file or directory of this pattern is there."""
    deadline = time.monotonic() + 300
    while not list(root.glob(pattern)):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _interrupt_training(process: subprocess.Popen, number: signal.Signals, exit_code: int) -> None:
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == exit_code, output
    if number == signal.SIGTERM:
        assert "Training was interrupted: SIGTERM came. A checkpoint of step" in output
        assert "Traceback" not in output


@pytest.mark.parametrize(("node", "jobs"), [("Trainer", "2"), ("Pusher", "1")])
def test_killed_and_run_again(node, jobs, config, tmp_path):
    root = tmp_path / "root"
    process = _start(config, root, "--jobs", jobs)
    _wait_for(process, f"artifacts/{node}/*/*", root)
    process.kill()
    process.communicate()
    pushed = list(root.glob("registry/*/[0-9]*"))
    assert all((version / "saved_model.pb").exists() for version in pushed)

    again = run(config, root)
    assert again.exit_code == 0, again.output
    assert again.states()["Transform"] == "cached"
    assert again.states()[node] == "done"
    assert [version.name for version in again.versions()] == ["1"]
    first, second = RunStore(root).run_ids()
    assert [execution.state for execution in RunStore(root).run(first)][-1] == "interrupted"
    assert len(RunStore(root).run(second)) == 13


@pytest.mark.parametrize(("number", "jobs"), [(signal.SIGINT, "2"), (signal.SIGTERM, "1")])
def test_interrupted_and_run_again(number, jobs, config, tmp_path):
    root = tmp_path / "root"
    process = _start(config, root, "--jobs", jobs)
    _wait_for(process, "artifacts/Trainer/*/*", root)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert "The same command takes the finished nodes from the cache" in output
    assert "Traceback" not in output
    assert not list(root.glob("artifacts/Trainer/model*/*"))

    again = run(config, root)
    assert again.exit_code == 0, again.output
    assert again.states()["Transform"] == "cached"


@pytest.mark.parametrize(("number", "exit_code", "jobs"), [(signal.SIGTERM, 75, "2"), (signal.SIGKILL, -9, "1")])
def test_a_training_goes_on_where_it_was_interrupted(number, exit_code, jobs, tmp_path):
    train = {"epochs": 60, "patience": 60, "batch_size": 64, "checkpoints": {"every_secs": 0.3}}
    config, root = write_config(tmp_path / "pipeline.yaml", train=train), tmp_path / "root"
    process = _start(config, root, "--jobs", jobs)
    _wait_for(process, "workspaces/*/checkpoints/step-*/state.json", root)
    _interrupt_training(process, number, exit_code)

    again = run(config, root)
    assert again.exit_code == 0, again.output
    log = (root / "runs" / again.run_id / "run.log").read_text()
    assert "going on from the checkpoint of step" in log
    [history] = root.glob("artifacts/Trainer/model_run/*/history.jsonl")
    epochs = [json.loads(line)["epoch"] for line in history.read_text().splitlines()]
    assert epochs == list(range(1, 61))
    assert not list((root / "workspaces").iterdir())


def test_a_lost_worker_costs_the_steps_since_the_checkpoint(tmp_path):
    distribution = {"strategy": "multi_worker", "workers": 2}
    train = {"epochs": 6, "batch_size": 64, "checkpoints": {"every_secs": 0.3}, "distribution": distribution}
    config = write_config(tmp_path / "pipeline.yaml", train=train, local={"first_wait_secs": 0.1})
    root = tmp_path / "root"
    process = _start(config, root, "--to", "Trainer")
    _wait_for(process, "workspaces/*/checkpoints/step-*/state.json", root)
    written = _checkpoints(root)
    _, worker = _workers(process)
    os.kill(worker, signal.SIGKILL)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert "Trainer starts again in 0 s: WorkersEndedError: All processes must be there for a step" in output

    [directory] = root.glob("runs/*")
    log = (directory / "run.log").read_text()
    # Both say so, each in its own name.
    [step] = re.findall(r" slipway\.training: going on from the checkpoint of step (\d+)", log)
    assert int(step) >= max(written)
    record = read_run_record(directory)
    assert {node.name: node.restarts for node in record.nodes if node.restarts} == {"Trainer": 1}
    facts = record.training
    assert (facts.epochs, facts.replicas, facts.batch_size, facts.replica_batch_size) == (6, 2, 64, 32)


def _checkpoints(root: Path) -> list[int]:
    """The steps of the whole ones."""
    return [int(path.parent.name.removeprefix("step-")) for path in root.glob("workspaces/*/checkpoints/*/state.json")]


def _workers(process: subprocess.Popen) -> list[int]:
    """The processes that train together, the chief first."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    started = {int(pid): Path(f"/proc/{pid}/cmdline").read_text() for pid in children}
    return sorted(pid for pid, command in started.items() if "spawn_main" in command)


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGTERM, 75), (signal.SIGKILL, -9)])
def test_a_recipe_goes_on_where_it_was_interrupted(number, exit_code, tmp_path):
    recipe = {"name": "sparse", "prune": {"sparsity": 0.5}, "epochs": 60, "learning_rate": 0.001}
    config = write_config(
        tmp_path / "pipeline.yaml",
        compress={"variants": ["float32", recipe]},
        train={"epochs": 3, "batch_size": 64, "checkpoints": {"every_secs": 0.3}, "schedule": {"warmup_epochs": 1}},
    )
    root = tmp_path / "root"
    process = _start(config, root)
    _wait_for(process, "artifacts/Compressor/*/*", root)
    _wait_for(process, "workspaces/*/*/step-*/state.json", root)
    _interrupt_training(process, number, exit_code)

    again = run(config, root)
    assert again.exit_code == 0, again.output
    assert again.states()["Trainer"] == "cached"
    assert "going on from the checkpoint of step" in (root / "runs" / again.run_id / "run.log").read_text()
    assert [version.name for version in again.versions()] == ["1"]
    assert not list((root / "workspaces").iterdir())


def test_interrupted_while_pushing_and_run_again(config, tmp_path):
    """A push takes a tenth of a second: the signal comes while it is made or right after."""
    root = tmp_path / "root"
    process = _start(config, root)
    _wait_for(process, "artifacts/Pusher/pushed_model/*", root)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode in (0, 130), output
    assert "Traceback" not in output

    again = run(config, root)
    assert again.exit_code == 0, again.output
    [version] = again.versions()
    assert version.name == "1"
    assert (version / "saved_model.pb").exists()


def test_a_second_run_on_the_same_root_is_refused(config, tmp_path):
    root = tmp_path / "root"
    first = _start(config, root)
    _wait_for(first, "artifacts/*", root)
    second = run(config, root)
    assert second.exit_code == 1
    assert f"which process {first.pid} is using" in second.output
    assert "Wait until it is done or choose another root" in second.output
    output, _ = first.communicate(timeout=300)
    assert first.returncode == 0, output
