"""What two schemas say otherwise."""

from collections.abc import Iterator

from tensorflow_metadata.proto.v0 import schema_pb2

from data.schema.feature import described, domain_values


def differences(before: schema_pb2.Schema, after: schema_pb2.Schema) -> Iterator[tuple[str, str]]:
    """(feature, what is otherwise) of each difference; features that came or went are one difference each."""
    old, new = described(before), described(after)
    yield from ((name, "gone") for name in old if name not in new)
    yield from ((name, f"added, {new[name]['type']}") for name in new if name not in old)
    features = {feature.name: feature for feature in before.feature}
    for feature in after.feature:
        if feature.name not in old:
            continue
        for aspect, value in new[feature.name].items():
            was = old[feature.name][aspect]
            values = [domain_values(features[feature.name], before), domain_values(feature, after)]
            if aspect == "domain" and all(values):
                changes = _changed_values(*values)
                yield from [(feature.name, f"domain: {changes}")] if changes else []
            elif was != value:
                yield feature.name, f"{aspect}: {was or 'none'} → {value or 'none'}"


def _changed_values(before: list[str], after: list[str]) -> str:
    changes = {
        "added": [value for value in after if value not in before],
        "gone": [value for value in before if value not in after],
    }
    return "; ".join(f"{what} {', '.join(values)}" for what, values in changes.items() if values)
