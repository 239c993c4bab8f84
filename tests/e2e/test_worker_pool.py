"""Workers outside the step, on Beam's own job server: what `environment: {kind: external, …}` leads to."""

import importlib
import os
from pathlib import Path

import apache_beam as beam
import pytest

from benchmarks.beam_engines import portable
from pipeline.beam.flags import beam_flags
from pipeline.beam.section import BeamConfig

pytestmark = pytest.mark.e2e


MODULE = """
import os


def double(number):
    return f"{2 * number} {os.getpid()}"
"""


def test_a_pool_s_workers_find_modules_in_its_folders_and_run_apart(tmp_path, monkeypatch):
    (tmp_path / "only_there.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    double = importlib.import_module("only_there").double
    results = tmp_path / "results"
    with portable(tmp_path, tmp_path) as section:
        flags = beam_flags(BeamConfig.model_validate(section), "Transform")
        with beam.Pipeline(argv=flags) as pipeline:
            (
                pipeline
                | beam.Create([1, 2, 3])
                | beam.Map(double)
                | beam.io.WriteToText(str(results), shard_name_template="")
            )
    numbers, processes = zip(*(line.split() for line in results.read_text().splitlines()), strict=True)
    assert sorted(numbers) == ["2", "4", "6"]
    assert str(os.getpid()) not in processes
    # They end with the pool.
    assert not [pid for pid in processes if _lives(pid)]


def _lives(pid: str) -> bool:
    """Whether a process has not ended; one that has stays in /proc until its parent asks for it."""
    try:
        state = Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
