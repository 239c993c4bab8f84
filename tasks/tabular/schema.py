"""The schema of raw rows."""

from tensorflow_metadata.proto.v0 import schema_pb2

from data.tables.examples import LABEL
from data.tables.values import Kind
from tasks.tabular.columns import TableColumns

TYPES: dict[Kind, str] = {
    "numeric": "FLOAT",
    "categorical": "BYTES",
    "boolean": "INT",
    "timestamp": "INT",
    "multivalent": "BYTES",
}


def row_schema(columns: TableColumns, classes: tuple[str, ...], *, weight: str | None = None) -> schema_pb2.Schema:
    """A feature for each column, required where no value may be missing; the label, a number without classes.

    Args:
      columns: all columns, complete.
      classes: names of the label's classes.
      weight: column of the rows' weights.
    """
    schema = schema_pb2.Schema()
    optional = columns.may_be_missing()
    for name, kind in columns.kinds().items():
        feature = schema.feature.add(name=name, type=schema_pb2.FeatureType.Value(TYPES[kind]))
        if kind == "boolean":
            feature.int_domain.CopyFrom(schema_pb2.IntDomain(min=0, max=1))
        if name in optional:
            several = schema_pb2.ValueCount(min=1)
            feature.value_count.CopyFrom(several if kind == "multivalent" else schema_pb2.ValueCount(min=1, max=1))
            feature.presence.CopyFrom(schema_pb2.FeaturePresence(min_count=1))
        else:
            _require(feature)
    if weight is not None:
        _require(schema.feature.add(name=weight, type=schema_pb2.FLOAT))
    label = schema.feature.add(name=LABEL, type=schema_pb2.INT if classes else schema_pb2.FLOAT)
    _require(label)
    if classes:
        count = len(classes)
        label.int_domain.CopyFrom(schema_pb2.IntDomain(min=0, max=count - 1, is_categorical=True))
        label.annotation.tag.extend(classes)
        # Every class must occur in every split.
        label.unique_constraints.CopyFrom(schema_pb2.UniqueConstraints(min=count, max=count))
    return schema


def _require(feature: schema_pb2.Feature) -> None:
    feature.presence.CopyFrom(schema_pb2.FeaturePresence(min_fraction=1.0, min_count=1))
    feature.shape.dim.add(size=1)
