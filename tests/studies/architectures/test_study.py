"""What is trained, what is not trained again, and what results say; trainings and measurements are made up."""

import json
from pathlib import Path

import pytest

from studies.architectures import study
from studies.architectures.candidates import INT8_FILE, Conditions
from studies.architectures.grid import Candidate
from studies.errors import StudyError
from training.errors import TrainingError
from training.options import TrainOptions

# Accuracy and parameters of each candidate.
KNOWN = {"small": (0.8, 100), "large": (0.9, 1000), "wasteful": (0.85, 2000)}


@pytest.fixture
def trained(monkeypatch):
    """The names of the candidates that were trained, in order."""
    names = []

    def train(candidate, conditions, folder):
        names.append(candidate.name)
        if candidate.name == "diverges":
            raise TrainingError("the loss is NaN")
        accuracy, parameters = KNOWN[candidate.name]
        costs = {"parameters": parameters, "flops": 10 * parameters, "int8_bytes": parameters}
        return {"metrics": {"accuracy": accuracy, "loss": 1.0}, **costs}

    def measure(files, sample):
        assert {len(values) for values in sample.values()} == {1}
        assert {path.name for path in files.values()} == {INT8_FILE}
        return {name: {"int8_p50_ms": 0.5, "int8_peak_bytes": None} for name in files}

    monkeypatch.setattr(study, "train_candidate", train)
    monkeypatch.setattr(study, "measure_files", measure)
    return names


@pytest.fixture
def compare(trained, digits_spec, digits_run, tmp_path):
    """Compares candidates by their names; returns the results and what was told."""

    def of(*names, seed=0, code="c0de", spec=digits_spec):
        told = []
        results = study.compare_architectures(
            [Candidate(name, {"options.seed": name}, spec, TrainOptions()) for name in names],
            Conditions(run=digits_run, seed=seed, calibration_examples=8),
            task=digits_spec.load(),
            folder=tmp_path / "analysis",
            code=code,
            begin=told.append,
            end=lambda name, outcome: told.append(f"{name}: {outcome}"),
        )
        return json.loads(json.dumps(results)), told

    return of


def test_every_candidate_is_told_and_one_that_fails_stops_no_other(compare):
    results, told = compare("small", "diverges", "large")
    assert told == [
        "small (1 of 3) …",
        "small: trained",
        "diverges (2 of 3) …",
        "diverges: failed: the loss is NaN",
        "large (3 of 3) …",
        "large: trained",
        "Measuring …",
    ]
    assert [row["name"] for row in results["candidates"]] == ["small", "large"]
    assert results["failed"] == {"diverges": "the loss is NaN"}


def test_a_front_is_there_for_each_cost_that_is_known_of_all(compare):
    results, _ = compare("small", "large", "wasteful")
    assert results["metric"] == "accuracy"
    assert results["costs"] == {
        "parameters": "parameters",
        "flops": "FLOPs",
        "int8_bytes": "int8 bytes",
        "int8_p50_ms": "int8 latency, ms",
    }
    assert results["fronts"]["parameters"] == ["small", "large"]
    assert results["fronts"]["int8_p50_ms"] == ["large"]


def test_what_was_trained_is_not_trained_again(compare, trained):
    compare("small")
    results, told = compare("small", "large")
    assert "small: trained before" in told
    assert trained == ["small", "large"]
    assert [row["metrics"]["accuracy"] for row in results["candidates"]] == [0.8, 0.9]


def test_what_changes_a_training_trains_anew(compare, trained, digits_spec):
    compare("small")
    compare("small", seed=1)
    compare("small", code="other")
    compare("small", spec=digits_spec.with_values({"fold": False}))
    assert trained == ["small"] * 4


def test_a_crash_while_it_is_noted_what_was_trained_leaves_the_note_before(compare, trained, monkeypatch, tmp_path):
    compare("small")
    note = tmp_path / "analysis" / "small" / "done.json"
    before = note.read_text()

    def crash(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        compare("small", seed=1)
    assert note.read_text() == before


def test_without_any_candidate_there_are_no_results(compare):
    with pytest.raises(StudyError, match=r"must come through\. Received: none did"):
        compare("diverges")
