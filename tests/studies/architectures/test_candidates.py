"""A tiny architecture on a few digits, trained for an epoch."""

import json

import pytest

from studies.architectures.candidates import INT8_FILE, Conditions, train_candidate
from studies.architectures.grid import Candidate
from studies.architectures.measuring import measure_files
from training.options import TrainOptions

EPOCHS = 2
TRAIN = TrainOptions(batch_size=16, epochs=EPOCHS, schedule={"warmup_epochs": 0})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("analysis") / "tiny"


@pytest.fixture(scope="module")
def known(digits_spec, digits_run, folder, conversions_in_this_process):
    candidate = Candidate("tiny", {}, digits_spec, TRAIN)
    conditions = Conditions(run=digits_run, seed=0, calibration_examples=16)
    return json.loads(json.dumps(train_candidate(candidate, conditions, folder)))


def test_costs_are_those_of_the_network_and_its_file(known, digits_spec, folder):
    weights = digits_spec.load().model().trainable_weights
    assert known["parameters"] >= sum(weight.shape.num_elements() for weight in weights)
    assert known["int8_bytes"] == (folder / INT8_FILE).stat().st_size
    assert known["flops"] > 0
    assert known["epochs"] == EPOCHS


def test_both_the_model_and_its_int8_file_are_judged(known):
    for metrics in (known["metrics"], known["int8_metrics"]):
        assert metrics["loss"] > 0
        assert 0 <= metrics["accuracy"] <= 1


def test_checkpoints_are_gone_and_the_file_can_be_measured(known, digits_run, digits_spec, folder):
    assert not (folder / "checkpoints").exists()
    sample = digits_run.data(digits_spec.load()).calibration_sample(1)
    [measured] = measure_files({"tiny": folder / INT8_FILE}, sample).values()
    assert 0 < measured["int8_p50_ms"] <= measured["int8_p99_ms"]
