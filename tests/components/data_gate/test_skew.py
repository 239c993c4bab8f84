import json

import numpy as np
import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2

from components.data_gate.options import SkewConfig
from components.data_gate.skew import skew_findings
from data.schema.environments import with_environments
from inspection.drift import drift_charts
from records.findings import NOT_MEASURED, write_findings

SIZE = 400


def _schema() -> schema_pb2.Schema:
    schema = schema_pb2.Schema()
    for name, kind in (("age", schema_pb2.FLOAT), ("colour", schema_pb2.BYTES), ("label", schema_pb2.INT)):
        feature = schema.feature.add(name=name, type=kind)
        feature.presence.CopyFrom(schema_pb2.FeaturePresence(min_fraction=1.0, min_count=1))
        feature.shape.dim.add(size=1)
    return with_environments(schema, not_sent=["label"])


@pytest.fixture(scope="module")
def train():
    ages = np.linspace(0, 1, SIZE, dtype=np.float32)
    columns = {"age": ages, "colour": ["red", "blue"] * (SIZE // 2), "label": [0, 1] * (SIZE // 2)}
    options = tfdv.StatsOptions(schema=_schema())
    return tfdv.generate_statistics_from_dataframe(pd.DataFrame(columns), options, n_jobs=1)


@pytest.fixture
def judge(train, tmp_path):
    """Findings by metric, where the logs hold these requests."""

    def judge(requests, **skew):
        logs = tmp_path / "logs.jsonl"
        logs.write_text("".join(json.dumps(request) + "\n" for request in requests))
        config = SkewConfig(logs=str(logs), **skew)
        found = skew_findings(train, config, _schema(), ignored=(), directory=str(tmp_path / "passed"))
        return {finding.metric: finding for finding in found}

    return judge


def _requests(*, shift: float = 0.0, red: float = 0.5, **others) -> list[dict]:
    ages = np.linspace(0, 1, SIZE) + shift
    return [{"age": age, "colour": "red" if place < red * SIZE else "blue", **others} for place, age in enumerate(ages)]


def test_requests_like_the_train_split_pass_though_they_have_no_label(judge):
    found = judge(_requests())
    assert found.keys() == {"anomalies", "skew of age", "skew of colour"}
    assert all(finding.passed for finding in found.values())


def test_what_is_otherwise_in_production_is_refused(judge):
    found = judge(_requests(shift=0.9, red=1.0))
    assert not found["skew of age"].passed
    assert found["skew of colour"].value == pytest.approx(0.5)
    assert str(found["skew of colour"]).startswith(
        "skew of colour (split train) must be <= 0.1 + 0.086 by chance (L-infinity)"
    )
    assert "mend the clients" in found["skew of colour"].advice


def test_a_feature_may_have_a_limit_of_its_own(judge):
    found = judge(_requests(shift=0.9, red=1.0), features={"age": 1, "colour": 0.6})
    assert all(finding.passed for finding in found.values())


def test_what_the_schema_does_not_allow_of_requests_is_refused(judge):
    found = judge([{"age": 0.5, "color": "red"}] * 9)
    assert {metric for metric, finding in found.items() if not finding.passed} >= {"feature colour", "feature color"}
    assert found["feature colour"].where == "serving logs"


def test_a_label_that_was_logged_is_not_compared(judge):
    assert "skew of label" not in judge(_requests(label=1))


def test_a_feature_with_a_limit_that_no_request_has_is_not_measured(judge):
    found = judge([{"age": 0.5}] * 9, features={"colour": 0.5})
    assert (found["skew of colour"].value, found["skew of colour"].passed) == (NOT_MEASURED, False)


def test_the_report_draws_the_logs(judge, train, tmp_path):
    found = judge(_requests(shift=0.9))
    (tmp_path / "Split-train").mkdir()
    (tmp_path / "Split-train" / "FeatureStats.pb").write_bytes(train.SerializeToString())
    write_findings(str(tmp_path), found.values())
    [(title, chart), *_] = drift_charts(tmp_path, list(found.values()))
    assert title.startswith("skew of age, split train: 0.899")
    assert "serving logs" in chart
