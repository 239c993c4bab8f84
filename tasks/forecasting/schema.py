"""The schema of raw examples: segments of series, and windows."""

from tensorflow_metadata.proto.v0 import schema_pb2


def window_schema(*, horizon: int, channels: int) -> schema_pb2.Schema:
    """The features of `data.series.windows.SeriesWindows`, each required.

    Args:
      horizon: rows that are forecast.
      channels: number of values in a row.
    """
    schema = schema_pb2.Schema()
    kinds = {"start": "INT", "windows": "INT", "rows": "INT", "hour": "INT", "month": "INT"}
    kinds |= {"history": "FLOAT", "future": "FLOAT", "missing": "FLOAT", "scale": "FLOAT", "series": "BYTES"}
    widths = {"future": horizon * channels, "scale": channels}
    for name, kind in kinds.items():
        feature = schema.feature.add(name=name, type=schema_pb2.FeatureType.Value(kind))
        feature.presence.CopyFrom(schema_pb2.FeaturePresence(min_fraction=1.0, min_count=1))
        # Train segments are longer than windows.
        if name != "history":
            feature.shape.dim.add(size=widths.get(name, 1))
    return schema
