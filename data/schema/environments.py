"""Where examples come from, by TensorFlow Metadata's environments: data to train on, or requests of clients."""

from collections.abc import Iterable

from tensorflow_metadata.proto.v0 import schema_pb2

TRAINING, SERVING = "TRAINING", "SERVING"


def with_environments(schema: schema_pb2.Schema, *, not_sent: Iterable[str]) -> schema_pb2.Schema:
    """The schema with both environments, unless it has some already.

    Args:
      schema: schema of raw examples.
      not_sent: features that clients do not send, such as the label.
    """
    made = schema_pb2.Schema()
    made.CopyFrom(schema)
    if made.default_environment:
        return made
    made.default_environment.extend([TRAINING, SERVING])
    hidden = frozenset(not_sent)
    for feature in made.feature:
        if feature.name in hidden and not feature.in_environment and not feature.not_in_environment:
            feature.not_in_environment.append(SERVING)
    return made


def features_in(schema: schema_pb2.Schema, environment: str) -> list[schema_pb2.Feature]:
    """The features that examples of an environment have; see TensorFlow Metadata's Feature.in_environment."""
    default = environment in schema.default_environment
    return [
        feature
        for feature in schema.feature
        if feature.lifecycle_stage != schema_pb2.DEPRECATED
        and environment not in feature.not_in_environment
        and (default or environment in feature.in_environment)
    ]
