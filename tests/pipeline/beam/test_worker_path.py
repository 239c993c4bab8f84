import os
import subprocess
import sys

from pipeline.beam.worker_path import missing_module_advice, worker_path


def test_worker_processes_find_what_this_process_finds_and_nothing_that_lies_around(tmp_path, monkeypatch):
    beside, around = tmp_path / "beside", tmp_path / "around"
    for folder, name in ((beside, "my_module"), (beside, "data"), (around, "stray"), (around, "records")):
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.py").write_text("")
    monkeypatch.syspath_prepend(beside)
    script = "import my_module, data, records, importlib.util as u; print(data.__doc__, records, u.find_spec('stray'))"
    (around / "worker.py").write_text(script)
    with worker_path():
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, cwd=around)
    assert done.returncode == 0, done.stderr
    assert str(tmp_path) not in done.stdout
    assert done.stdout.endswith("None\n")


def test_the_environment_is_afterwards_as_it_was(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/before")
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    with worker_path():
        assert os.environ["PYTHONPATH"] != "/before"
    assert os.environ["PYTHONPATH"] == "/before"
    assert "PYTHONSAFEPATH" not in os.environ


def test_what_workers_alone_lack_is_told_with_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    advice = missing_module_advice("Transform raised ModuleNotFoundError: No module named 'only_here.deeper'")
    assert "do not find only_here, which this process does" in advice


def test_what_nobody_has_is_no_matter_of_workers():
    assert missing_module_advice("RuntimeError: ModuleNotFoundError: No module named 'not_there'") == ""
    assert missing_module_advice("ValueError: no") == ""
