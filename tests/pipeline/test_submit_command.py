"""`slipway submit`, against a backend on loopback."""

import signal
import subprocess
import sys
import time

import click
import pytest
import yaml

from pipeline.commands.submit import command
from pipeline.config import load_config
from pipeline.errors import ConfigError, RunError
from pipeline.kubeflow import follow
from pipeline.kubeflow.backend import Backend, BackendError
from pipeline.kubeflow.compile import compile_pipeline
from tests.pipeline.kubeflow.kfp_tasks import Moment
from tests.pipeline.kubeflow.small_submission import small_submission
from tests.pipeline.kubeflow.step_logs import REFUSAL, step_log
from tests.pipeline.shipped import DIGITS, PROJECT

NODES = load_config(DIGITS).node_names()
DONE = Moment("SUCCEEDED", dict.fromkeys(NODES, "done"))


@pytest.fixture
def submit(capfd, monkeypatch):
    """Runs the command; gives the lines that it prints."""
    monkeypatch.setattr(follow, "POLL_SECS", 0.01)

    def run(*arguments: object) -> list[str]:
        command.main([str(DIGITS), *map(str, arguments)], standalone_mode=False)
        return capfd.readouterr().out.splitlines()

    return run


def test_a_run_is_submitted_with_the_documents_that_compile_writes(kfp, host, submit):
    [submitted, hint] = submit("--host", host)
    [asked] = kfp.asked("POST", "/apis/v2beta1/runs")
    assert submitted == f"Submitted {asked.body['display_name']} to experiment digits: {host}/#/runs/details/4f2a"
    assert hint.endswith(f"submit pipeline/configs/digits.yaml --host {host} --follow 4f2a")
    assert asked.body["runtime_config"]["pipeline_root"] == "gs://example-bucket/slipway"
    config = load_config(DIGITS)
    spec, platform = compile_pipeline(config, config.kubeflow)
    sent = asked.body["pipeline_spec"]
    assert sent["platform_spec"] == platform
    assert sent["pipeline_spec"]["deploymentSpec"] == spec["deploymentSpec"]
    assert set(sent["pipeline_spec"]["root"]["dag"]["tasks"]) == set(NODES)


def test_with_wait_each_node_is_shown_as_of_a_local_run(kfp, host, submit):
    kfp.moments = [Moment("PENDING"), Moment("RUNNING", {"ExampleGen": "running"}), DONE]
    lines = submit("--host", host, "--wait")
    assert [line.split()[:3] for line in lines[1:-1]] == [["✓", node, "done"] for node in NODES]
    assert lines[-1] == f"done  {len(NODES)} nodes: {host}/#/runs/details/4f2a"


def test_the_config_may_name_the_host(kfp, host, submit):
    Backend(host).submit(small_submission())
    kfp.moments = [DONE]
    assert submit("--set", f"kubeflow.host={host}", "--follow", "4f2a")[-1].startswith("done")


def test_an_earlier_run_is_followed_without_another(kfp, host, submit):
    Backend(host).submit(small_submission())
    kfp.moments = [DONE]
    assert len(submit("--host", host, "--follow", "4f2a")) == len(NODES) + 1
    assert len(kfp.asked("POST", "/apis/v2beta1/runs")) == 1


def test_a_run_that_is_not_there_is_not_said_to_go_on(host, submit):
    with pytest.raises(BackendError, match=r"404 .*Run nine not found") as caught:
        submit("--host", host, "--follow", "nine")
    assert "goes on" not in str(caught.value)


@pytest.mark.parametrize(
    ("log", "exit_code", "message"),
    [
        (step_log(REFUSAL, "exit status 3"), 3, "accuracy (test) must be >= 0.9. Received: 0.5"),
        (step_log("ValueError: no such column", "exit status 1"), 1, "Compressor: ValueError: no such column"),
    ],
)
def test_a_refusal_and_a_failure_have_exit_codes_of_their_own(kfp, host, submit, log, exit_code, message):
    Backend(host).submit(small_submission())
    kfp.moments = [Moment("FAILED", {"Compressor": "failed"})]
    kfp.logs = {"Compressor": log}
    with pytest.raises(RunError) as caught:
        submit("--host", host, "--follow", "4f2a")
    assert caught.value.exit_code == exit_code
    assert message in str(caught.value)


def test_a_backend_that_stays_away_leaves_the_run_and_says_how_to_follow_it(kfp, host, submit, monkeypatch):
    Backend(host).submit(small_submission())
    monkeypatch.setattr(follow, "PATIENCE_SECS", 0.0)
    kfp.moments, kfp.down = [Moment("RUNNING")], range(2, 100)
    with pytest.raises(BackendError, match=rf"The run goes on; follow it again: .* --host {host} --follow 4f2a"):
        submit("--host", host, "--follow", "4f2a")


def test_a_token_that_expires_leaves_the_run_and_says_how_to_follow_it(kfp, host, submit, monkeypatch):
    monkeypatch.setenv("KFP_EXISTING_TOKEN", "short-lived")
    kfp.token = "short-lived"
    Backend(host).submit(small_submission())
    kfp.moments, kfp.expires_at = [Moment("RUNNING")], 3
    with pytest.raises(BackendError, match=r"401 .*by KFP_EXISTING_TOKEN\. The run goes on; follow it again: "):
        submit("--host", host, "--follow", "4f2a")


def test_interrupted_it_leaves_the_run_and_says_how_to_follow_it(kfp, host):
    Backend(host).submit(small_submission())
    kfp.moments = [Moment("RUNNING", {"ExampleGen": "done", "SchemaGen": "running"})]
    # What runs in a shell's background, of which a test suite may be one, ignores SIGINT and hands that on.
    script = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"from pipeline.cli import main; import sys\nsys.argv[1:] = {['submit', str(DIGITS), '--host', host]!r}\n"
        "sys.argv += ['--follow', '4f2a']\nmain()"
    )
    caller = subprocess.Popen(
        [sys.executable, "-c", script], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while kfp.polls < 2:
        time.sleep(0.05)
    caller.send_signal(signal.SIGINT)
    _, said = caller.communicate()
    assert caller.returncode == 130
    assert said.startswith(f"Interrupted: the run goes on at {host}/#/runs/details/4f2a. Follow it again: ")
    assert said.rstrip().endswith(f"submit pipeline/configs/digits.yaml --host {host} --follow 4f2a")
    assert not kfp.asked("POST", "/apis/v2beta1/runs/4f2a:terminate")


def test_a_dry_run_prints_the_request_and_asks_nobody(kfp, submit):
    asked, spec, platform = yaml.safe_load_all("\n".join(submit("--dry-run")))
    assert asked.pop("run").startswith("digits-2")
    assert asked == {"experiment": "digits", "pipeline_root": "gs://example-bucket/slipway", "parameters": {}}
    assert spec["pipelineInfo"]["name"] == "digits"
    assert "kubernetes" in platform["platforms"]
    assert not kfp.exchanges


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("kubeflow.image=slipway", "with its tag or digest"),
        ("kubeflow.pipeline_root=/mnt/root", "Received: '/mnt/root'"),
    ],
)
def test_what_no_cluster_could_use_is_refused_before_anything_is_asked(kfp, host, submit, change, message):
    with pytest.raises(ConfigError, match=message):
        submit("--host", host, "--set", change)
    assert not kfp.exchanges


def test_a_config_without_the_section_is_refused(submit):
    with pytest.raises(ConfigError, match="needs the section kubeflow"):
        submit("--set", "kubeflow=null")


@pytest.mark.parametrize(
    "options", [("--dry-run", "--wait"), ("--dry-run", "--host", "http://localhost"), ("--wait", "--follow", "4f2a")]
)
def test_options_that_contradict_each_other_are_wrong_usage(submit, options):
    with pytest.raises(click.UsageError):
        submit(*options)
