"""A whole pipeline from a CSV as people have it: gaps, texts, a row that is none, and rows to predict for."""

import gzip
import json
import random
from datetime import datetime

import numpy as np
import pytest
import tensorflow as tf
import yaml

from records.predictions import read_predictions
from serving.saved_model import SavedModel
from tests.e2e.commands import Ran, run

pytestmark = pytest.mark.e2e


def _row(draw: random.Random) -> tuple[str, ...]:
    """Size, town, member, whether it is wanted, what is larger than 5 and all of Rome, a time, marks and a weight."""
    size, town = draw.uniform(0, 10), draw.choice(["Oslo", "Rome", "Bonn"])
    wanted = "yes" if size > 5 or town == "Rome" else "no"
    member = draw.choice(["true", "false"])
    seen = town if draw.random() < 0.95 or town == "Rome" else ""
    time = f"{draw.randint(1, 28):02}.03.2024 {draw.randrange(24):02}:00"
    marks = "|".join(draw.sample(["a", "b", "c"], draw.randrange(3)))
    return f"{size:.3f}", seen, member, wanted, time, marks, draw.choice(["1", "2"])


def _request(row: tuple[str, ...]) -> dict:
    """What a client sends of a row, which is all but the label and the weight."""
    size, town, member, _, time, marks, _ = row
    return {
        "size": float(size),
        "town": town or None,
        "member": member == "true",
        "seen_at": int(datetime.strptime(f"{time} +0000", "%d.%m.%Y %H:%M %z").timestamp()),
        "marks": marks.split("|") if marks else [],
    }


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> Ran:
    folder, draw = tmp_path_factory.mktemp("table"), random.Random(0)
    rows = [";".join(_row(draw)) for _ in range(600)]
    rows[7] = "4.2;Oslo"
    (folder / "rows.csv").write_text("\n".join(["size;town;member;wanted;seen_at;marks;weight", *rows]) + "\n")
    new = ["9.5;Oslo;true;01.03.2024 10:00;a", "0.5;Oslo;false;02.03.2024 10:00;", "0.5;Rome;true;03.03.2024 10:00;b|c"]
    (folder / "new.csv").write_text("\n".join(["size;town;member;seen_at;marks", *new]) + "\n")
    requests = [_request(_row(draw)) for _ in range(300)]
    (folder / "requests.jsonl").write_text("\n".join(map(json.dumps, requests)))
    config = {
        "name": "table",
        "task": "tasks.tabular.Tabular",
        "options": {
            "source": {"kind": "csv", "file": "rows.csv", "delimiter": ";", "unreadable": "skip"},
            "label": {"column": "wanted"},
            "weight_column": "weight",
            "columns": {
                "timestamp": {"seen_at": {"format": "%d.%m.%Y %H:%M", "parts": ["hour"]}},
                "multivalent": {"marks": {}},
                "crosses": [{"of": ["town", "member"], "size": 20}],
            },
            "model": {"kind": "wide_deep", "widths": [16]},
        },
        "train": {"batch_size": 32, "epochs": 25, "learning_rate": 0.02, "schedule": {"kind": "cosine"}},
        "data_gate": {"skew": {"logs": "requests.jsonl"}},
        "evaluate": {
            "slices": ["member", ["member", "town"], {"feature": "size", "boundaries": [5]}],
            "fairness": {"by": ["member"], "gates": {"selection_rate": {"max_difference": 0.5}}},
            "gates": {
                "accuracy": {"min": 0.9, "min_per_slice": 0.5},
                "auc": {"min": 0.9, "max_worsening": 0, "significance": 0.05},
            },
        },
        "compress": {"variants": ["float32", "int8"], "gates": {"accuracy": {"max_worsening": 0.05}}},
        "predict": {"options": {"source": {"kind": "csv", "file": "new.csv", "delimiter": ";"}}, "variant": "int8"},
    }
    (folder / "pipeline.yaml").write_text(yaml.safe_dump(config))
    return run(folder / "pipeline.yaml", folder / "root")


def test_it_is_pushed_and_the_row_that_is_none_is_counted(ran):
    assert ran.exit_code == 0, ran.output
    assert ran.record()["metrics"]["test_accuracy"] >= 0.9
    assert len(ran.versions()) == 1
    [repaired] = [gate for gate in ran.record()["gates"] if gate["metric"].startswith("repaired")]
    assert repaired["value"] == 1


def test_requests_slices_and_groups_are_judged(ran):
    gates = {(gate["metric"], gate["where"]): gate for gate in ran.record()["gates"]}
    assert gates["anomalies", "serving logs"]["passed"]
    assert gates["skew of size", "split train"]["value"] < 0.1
    assert not any(metric == "skew of label" for metric, _ in gates)
    slices = {where for metric, where in gates if metric == "accuracy" and where}
    assert {"member=0", "member=1, town=Rome", "size=below 5", "size=5 and more"} <= slices
    [selected] = [gate for (metric, _), gate in gates.items() if metric == "difference of selection_rate"]
    assert selected["where"].startswith("by member: member=")
    assert selected["interval"][0] <= selected["value"] <= selected["interval"][1]
    # A first model has nothing to be worse than.
    assert not gates["auc against the baseline", ""]["applies"]


def test_what_every_model_said_of_each_row_is_kept(ran):
    by_node = {}
    for node in ("Evaluator", "EdgeEvaluator"):
        [place] = ran.root.artifacts.glob(f"{node}/evaluation/*")
        by_node[node] = read_predictions(place)
    saved, files = by_node["Evaluator"], by_node["EdgeEvaluator"]
    assert (saved.kind, saved.outputs.shape[2], files.models) == ("classes", 1, ("float32", "int8"))
    # Two records, of the same rows by the same keys.
    assert saved.keys.tolist() == files.keys.tolist()
    metrics = ran.record()["metrics"]
    for metric in ("accuracy", "cross_entropy"):
        mean = float(saved.values_of("candidate", metric).mean())
        assert mean == pytest.approx(metrics[f"test_{metric}"], rel=1e-4)
    assert {"size=below 5", "member=1, town=Rome"} <= set(saved.slices)


def test_a_client_sends_a_row_as_the_file_has_it(ran):
    def row(size: float, town: bytes | None) -> bytes:
        example = tf.train.Example()
        example.features.feature["size"].float_list.value.append(size)
        example.features.feature["member"].int64_list.value.append(1)
        example.features.feature["seen_at"].int64_list.value.append(1_709_287_200)
        if town is not None:
            example.features.feature["town"].bytes_list.value.append(town)
        return example.SerializeToString()

    rows = np.array(
        [row(9.0, b"Oslo"), row(1.0, b"Bonn"), row(1.0, b"Rome"), row(9.0, None), row(9.0, b"Lima")], object
    )
    answer = SavedModel(ran.versions()[0], signature="serving_default").predict({"examples": rows})
    assert answer["class_name"].tolist() == [b"yes", b"no", b"yes", b"yes", b"yes"]


def test_rows_without_a_label_are_predicted_for_by_a_tflite_file_too(ran):
    lines = [
        json.loads(line)
        for path in ran.root.path.rglob("predictions-*.jsonl.gz")
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]
    found = {line["origin"]: line["predictions"]["class_name"] for line in lines}
    assert found == {"new.csv line 2": "yes", "new.csv line 3": "no", "new.csv line 4": "yes"}
