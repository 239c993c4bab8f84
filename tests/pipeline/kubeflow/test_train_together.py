import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.kubeflow import train_together
from tests.pipeline.kubeflow.kubernetes_api import JOB_SETS, NAMESPACE, serving
from tests.pipeline.kubeflow.step_pod import STEP_POD

PROJECT = Path(__file__).resolve().parents[3]
NAME = "trainer-0f3c2a1b-5d4e"
# A command that leaves TF_CONFIG in the file that it is given, and ends with exit code 7.
COMMAND = "import os, pathlib, sys; pathlib.Path(sys.argv[1]).write_text(os.environ['TF_CONFIG']); sys.exit(7)"


@pytest.fixture
def api(tmp_path, monkeypatch):
    with serving(STEP_POD) as server:
        server.write_kube_config(tmp_path / "config")
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
        # Where the client looks first was settled when it was imported.
        monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "config"))
        monkeypatch.setenv("KFP_POD_NAME", STEP_POD["metadata"]["name"])
        monkeypatch.setenv("POD_NAMESPACE", NAMESPACE)
        yield server


def test_the_step_is_the_chief_of_the_workers_that_it_starts_and_ends_as_its_command_does(api, tmp_path):
    code = train_together.main(["3", sys.executable, "-c", COMMAND, str(tmp_path / "tf_config")])
    assert code == 7
    told = json.loads((tmp_path / "tf_config").read_text())
    assert told["task"] == {"type": "chief", "index": 0}
    assert told["cluster"]["chief"] == ["10.0.0.7:2222"]
    assert told["cluster"]["worker"] == [f"{NAME}-workers-0-{index}.{NAME}:2222" for index in range(2)]


def test_the_workers_go_once_the_command_is_done(api, tmp_path):
    train_together.main(["2", sys.executable, "-c", COMMAND, str(tmp_path / "tf_config")])
    assert [method for method, _ in api.asked] == ["GET", "POST", "DELETE"]
    assert api.asked[-1] == ("DELETE", f"{JOB_SETS}/{NAME}")
    assert api.job_sets == {}


def test_sigterm_reaches_the_command_while_its_workers_are_there(api, tmp_path):
    ready = tmp_path / "ready"
    waits = (
        "import pathlib, signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(75)); "
        "pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
    )
    command = [sys.executable, "-m", train_together.__name__, "2", sys.executable, "-c", waits, str(ready)]
    with subprocess.Popen(command, cwd=PROJECT) as process:
        deadline = time.monotonic() + 60
        while not ready.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        [manifest] = api.job_sets.values()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 75
    [container] = manifest["spec"]["replicatedJobs"][0]["template"]["spec"]["template"]["spec"]["containers"]
    assert container["command"] == [sys.executable, "-c", waits, str(ready)]
    assert api.job_sets == {}


def test_a_service_account_that_may_not_start_workers_is_told_so(api, tmp_path, capsys):
    api.refuses = True
    assert train_together.main(["2", sys.executable, "-c", COMMAND, str(tmp_path / "tf_config")]) == 1
    assert not (tmp_path / "tf_config").exists()
    said = capsys.readouterr().err
    assert "must be allowed to get pods and to create and delete jobsets.jobset.x-k8s.io" in said
    assert "Received: 403 Forbidden: jobsets.jobset.x-k8s.io is forbidden" in said
