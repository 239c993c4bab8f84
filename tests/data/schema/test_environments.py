import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2

from data.schema.environments import SERVING, TRAINING, features_in, with_environments
from tasks.raw_schema import raw_schema
from tests.components.points import SPEC


def _schema() -> schema_pb2.Schema:
    schema = schema_pb2.Schema()
    for name in ("age", "label"):
        feature = schema.feature.add(name=name, type=schema_pb2.INT)
        feature.presence.CopyFrom(schema_pb2.FeaturePresence(min_fraction=1.0, min_count=1))
    return schema


def _anomalies(schema, environment, columns):
    import pandas as pd

    statistics = tfdv.generate_statistics_from_dataframe(pd.DataFrame(columns), n_jobs=1)
    return set(tfdv.validate_statistics(statistics, schema, environment=environment).anomaly_info)


def test_requests_need_no_label_and_training_does():
    schema = with_environments(_schema(), not_sent=["label"])
    assert _anomalies(schema, SERVING, {"age": [1, 2]}) == set()
    assert _anomalies(schema, TRAINING, {"age": [1, 2]}) == {"label"}
    # As ExampleValidator asks.
    assert _anomalies(schema, None, {"age": [1, 2]}) == {"label"}


def test_what_clients_send_is_still_asked_of_requests():
    schema = with_environments(_schema(), not_sent=["label"])
    assert _anomalies(schema, SERVING, {"other": [1, 2]}) == {"age", "other"}


def test_features_are_told_by_environment():
    schema = with_environments(_schema(), not_sent=["label"])
    assert [feature.name for feature in features_in(schema, SERVING)] == ["age"]
    assert [feature.name for feature in features_in(schema, TRAINING)] == ["age", "label"]


def test_environments_that_are_there_stay():
    schema = _schema()
    schema.default_environment.append(TRAINING)
    schema.feature[0].in_environment.append(SERVING)
    assert with_environments(schema, not_sent=["label"]) == schema
    assert [feature.name for feature in features_in(schema, SERVING)] == ["age"]


def test_a_task_s_label_and_what_only_metrics_read_are_not_sent():
    assert [feature.name for feature in features_in(raw_schema(SPEC.load()), SERVING)] == ["point"]
