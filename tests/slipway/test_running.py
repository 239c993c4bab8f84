"""Runs that are refused before they begin; whole ones are in tests/e2e."""

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import pipeline
import slipway
from components.gates import GateRefused
from pipeline.run_request import RunAnswer, RunRequest
from records.findings import Finding
from slipway.running import Run, _as_error

DIGITS = Path(pipeline.__file__).parent / "configs" / "digits.yaml"


def test_a_wrong_value_is_refused_as_on_the_command_line(tmp_path):
    with pytest.raises(
        slipway.UsageError, match=r"train\.epoch: no such key\. .* Did you mean train\.epochs\?"
    ) as refusal:
        slipway.run(DIGITS, set={"train.epoch": 3}, root=tmp_path / "root")
    assert (refusal.value.title, refusal.value.exit_code, refusal.value.run) == ("Wrong config", 2, None)
    assert not (tmp_path / "root").exists()


def test_it_needs_no_main_thread_and_no_file_of_this_process(tmp_path, monkeypatch, capsys):
    """A notebook's cell is none, its working directory may hold folders that are called like ours, and its standard
    output is no terminal's."""
    (tmp_path / "data").mkdir()
    (tmp_path / "pipeline.py").write_text("raise AssertionError")
    monkeypatch.chdir(tmp_path)
    caught = []

    def cell() -> None:
        try:
            slipway.run(DIGITS, set={"options.source": {"kind": "image_folder", "directory": Path("images")}})
        except slipway.UsageError as error:
            caught.append(error)

    thread = threading.Thread(target=cell)
    thread.start()
    thread.join()
    assert f"Received: {tmp_path}/images, which does not exist" in str(caught[0])


def test_a_process_that_says_nothing_is_a_failed_run(monkeypatch):
    monkeypatch.setattr("slipway.running._CHILD", "print('killed'); raise SystemExit(9)")
    with pytest.raises(slipway.RunError, match=r"(?s)Received: exit code 9 and nothing else\. .*killed") as failure:
        slipway.run(DIGITS)
    assert failure.value.run is None


def test_what_a_killed_run_has_left_is_the_error_s(tmp_path, monkeypatch):
    (tmp_path / "summary.json").touch()
    answer = f"RunAnswer(path={str(tmp_path)!r}, is_over=False)"
    monkeypatch.setattr(
        "slipway.running._CHILD",
        f"import sys, pathlib; from pipeline.run_request import RunAnswer; "
        f"{answer}.write(pathlib.Path(sys.argv[1])); raise SystemExit(-9)",
    )
    with pytest.raises(slipway.RunError) as failure:
        slipway.run(DIGITS)
    assert failure.value.run == Run(tmp_path)


def test_a_root_elsewhere_is_refused():
    with pytest.raises(slipway.UsageError, match=r"a directory on this machine\. Received: gs://bucket/x"):
        slipway.run(DIGITS, root="gs://bucket/x")


@pytest.mark.parametrize(
    ("exit_code", "error"), [(1, slipway.RunError), (2, slipway.UsageError), (75, slipway.RunError)]
)
def test_what_went_wrong_is_raised_by_its_exit_code(tmp_path, exit_code, error):
    (tmp_path / "summary.json").touch()
    raised = _as_error(RunAnswer(path=str(tmp_path), exit_code=exit_code, title="A title", message="what"))
    assert type(raised) is error
    assert (str(raised), raised.title, raised.exit_code, raised.run) == ("what", "A title", exit_code, Run(tmp_path))


def test_an_error_before_the_first_node_has_no_run(tmp_path):
    assert _as_error(RunAnswer(path=str(tmp_path), exit_code=2, title="Wrong usage", message="what")).run is None


def test_a_refusal_has_its_findings(tmp_path):
    finding = Finding(gate="data", metric="examples in train", where="", value=3, limit=">= 9", passed=False)
    refusal = GateRefused([finding], "Add some.")
    answer = RunAnswer(path="p", exit_code=3, message=str(refusal), findings=[vars(finding)], advice=refusal.advice)
    answer.write(tmp_path)
    raised = _as_error(RunAnswer.read(tmp_path))
    assert isinstance(raised, slipway.GateRefused)
    assert raised.findings == (finding,)
    assert str(raised) == str(refusal)


def test_a_request_keeps_what_it_asks_for(tmp_path):
    request = RunRequest(
        config="a.yaml",
        changes={"train.epochs": 3},
        root=None,
        from_node="Trainer",
        to_node=None,
        use_cache=False,
        jobs=2,
    )
    assert RunRequest.read(request.write(tmp_path)) == request


def test_a_run_is_known_by_its_record(tmp_path):
    path = tmp_path / "root" / "runs" / "20260101-000000-000"
    path.mkdir(parents=True)
    gate = {"gate": "data", "metric": "f", "where": "", "value": 1, "limit": ">= 0", "passed": True, "applies": True}
    record = {"state": "done", "metrics": {"test_accuracy": 0.9}, "gates": [gate]}
    (path / "summary.json").write_text(json.dumps(record))
    run = Run(path)
    assert (run.run_id, run.root, run.state, run.metrics) == (
        path.name,
        tmp_path / "root",
        "done",
        {"test_accuracy": 0.9},
    )
    assert run.gates == (Finding(**gate),)


def test_an_interrupt_of_the_caller_alone_ends_the_run_too():
    child = (
        "import time\ntry: print('started', flush=True); time.sleep(60)\n"
        "except KeyboardInterrupt: print('ended in order')"
    )
    # A shell's background jobs, of which a test suite may be one, ignore SIGINT.
    script = (
        "import signal, slipway, slipway.running\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"slipway.running._GRACE_SECS, slipway.running._CHILD = 0.2, {child!r}\n"
        f"try: slipway.run({str(DIGITS)!r})\nexcept KeyboardInterrupt: print('interrupted')"
    )
    home = Path(slipway.__file__).parents[1]
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=home) as caller:
        assert caller.stdout.readline() == "started\n"
        caller.send_signal(signal.SIGINT)
        assert caller.stdout.read().splitlines() == ["ended in order", "interrupted"]
