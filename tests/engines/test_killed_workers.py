"""A worker that is killed in the middle of Transform: the step ends with the cause, and the next run goes on."""

import subprocess
import time
from pathlib import Path

import psutil
import pytest
import yaml

from benchmarks.beam_engines import ENGINES, MissingEngineError
from benchmarks.engine_outputs import OUTPUTS
from data.source import SPLITS
from tests.e2e.commands import PROJECT, SLIPWAY, run
from tests.e2e.own_task import write_own_task

pytestmark = pytest.mark.engine
# As the processes are called that the direct runner starts, and a pool.
WORKERS = "sdk_worker_main", "SdkHarness"
# A worker that has computed for so long is past the imports of Beam.
AT_WORK_SECS = 4.0


def _kill_a_worker(running: subprocess.Popen) -> None:
    """Kills the first that is at work below this process, of which the run and the pool are children."""
    deadline = time.monotonic() + 300
    while running.poll() is None and time.monotonic() < deadline:
        for process in psutil.Process().children(recursive=True):
            try:
                words = process.cmdline()
                is_worker = words[:1] != ["/bin/sh"] and any(name in word for name in WORKERS for word in words)
                if is_worker and process.cpu_times().user > AT_WORK_SECS:
                    process.kill()
                    return
            except psutil.Error:
                continue
        time.sleep(0.05)
    pytest.fail("no worker came to be at work")


def _check(config: Path, root: Path, cause: str) -> None:
    command = [*SLIPWAY, "run", str(config), "--root", str(root), "--to", "Transform"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=PROJECT)
    try:
        _kill_a_worker(running)
        output, _ = running.communicate(timeout=120)
    finally:
        running.kill()
    assert running.returncode == 1, output
    assert cause in output
    again = run(config, root, "--to", "Transform")
    assert again.exit_code == 0, again.output
    assert again.states()["ExampleGen"] == "cached"
    for split in SPLITS:
        written = OUTPUTS[f"examples of Transform, {split}"].read(root, -1)
        assert sum(written.values()) == OUTPUTS["rows"].read(root, -1)[split] > 0


def _write_config(folder: Path, section: dict) -> Path:
    config = write_own_task(folder)
    section = {**section, "nodes": ["Transform"]}
    config.write_text(yaml.safe_dump({**yaml.safe_load(config.read_text()), "beam": section}))
    return config


def test_of_the_direct_runner(tmp_path):
    config = _write_config(tmp_path, {"mode": "multi_processing", "workers": 2})
    _check(
        config, tmp_path / "root", "a worker of Beam's must live until its step is done. Received: Worker subprocess"
    )


# Beam's own job server waits for ever where a worker dies in a stage without outputs; it is for tests.
@pytest.mark.parametrize(("name", "cause"), [("prism", "SDK worker disconnected")])
def test_of_an_engine_s_pool(name, cause, tmp_path):
    try:
        with ENGINES[name](tmp_path, tmp_path) as section:
            _check(_write_config(tmp_path, section), tmp_path / "root", cause)
    except MissingEngineError as missing:
        pytest.skip(str(missing))
