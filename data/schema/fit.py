"""Whether examples as a schema has them are what a task reads."""

from tensorflow_metadata.proto.v0 import schema_pb2

from data.schema.feature import fixed_shape
from data.schema.text import SchemaError


def check_fit(schema: schema_pb2.Schema, needed: schema_pb2.Schema, *, file: str) -> None:
    """Refuses a schema by which a task would not get the features that it reads.

    A schema decides how Transform reads a feature: one with a shape is dense, and must be in every example, any other
    is sparse. Domains, what is optional and further features are free.

    Args:
      schema: schema to judge.
      needed: schema of the task.
      file: its name in messages.

    Raises:
      SchemaError: a feature of the task is missing, or has another type, shape or presence.
    """
    found = {feature.name: feature for feature in schema.feature}
    for feature in needed.feature:
        mine = found.get(feature.name)
        if mine is None or mine.lifecycle_stage == schema_pb2.DEPRECATED:
            raise SchemaError(
                f"a schema must have the features that the task reads: {', '.join(f.name for f in needed.feature)}. "
                f"Received: {file} without {feature.name}. Take it from `slipway schema infer`."
            )
        if mine.type != feature.type:
            types = [schema_pb2.FeatureType.Name(each.type) for each in (feature, mine)]
            raise SchemaError(
                f"feature {feature.name} must have the type that the task reads, {types[0]}. Received: {types[1]} in "
                f"{file}."
            )
        if fixed_shape(mine) != fixed_shape(feature):
            shapes = [fixed_shape(each) or "none" for each in (feature, mine)]
            raise SchemaError(
                f"feature {feature.name} must have the shape that the task reads, {shapes[0]}. Received: {shapes[1]} "
                f"in {file}."
            )
        if fixed_shape(feature) is not None and mine.presence.min_fraction != 1:
            raise SchemaError(
                f"feature {feature.name} has a shape, and so must be in every example: presence {{min_fraction: 1}}. "
                f"Received: {mine.presence.min_fraction:g} in {file}."
            )
