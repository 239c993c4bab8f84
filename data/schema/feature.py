"""What a schema says of one feature, in words: by these schemas are shown and compared."""

from tensorflow_metadata.proto.v0 import schema_pb2

# More values of a domain than these are counted.
MAX_VALUES = 8


def described(schema: schema_pb2.Schema) -> dict[str, dict[str, str]]:
    """{feature: {aspect: what the schema says}}, in the schema's order; an aspect of which it says nothing is empty.

    The aspects are `type`, `presence`, `shape`, `domain` and `other`: fields that the others do not cover, by name.
    """
    return {feature.name: _described(feature, schema) for feature in schema.feature}


def domain_values(feature: schema_pb2.Feature, schema: schema_pb2.Schema) -> list[str]:
    """The values that a feature of text may have; empty where there is no list of them."""
    if feature.WhichOneof("domain_info") == "domain":
        named = {domain.name: domain for domain in schema.string_domain}
        return list(named[feature.domain].value) if feature.domain in named else []
    return list(feature.string_domain.value)


def fixed_shape(feature: schema_pb2.Feature) -> list[int] | None:
    """Sizes of its dimensions; None where examples may have any number of values."""
    return [dimension.size for dimension in feature.shape.dim] if feature.HasField("shape") else None


def _described(feature: schema_pb2.Feature, schema: schema_pb2.Schema) -> dict[str, str]:
    covered = {"name", "type", "presence", "shape", "value_count", feature.WhichOneof("domain_info")}
    others = [field.name for field, _ in feature.ListFields() if field.name not in covered]
    return {
        "type": schema_pb2.FeatureType.Name(feature.type),
        "presence": _presence(feature),
        "shape": _shape(feature),
        "domain": _domain(feature, schema),
        "other": ", ".join(f"{name} {_one_line(feature, name)}" for name in others),
    }


def _presence(feature: schema_pb2.Feature) -> str:
    if not feature.HasField("presence"):
        return ""
    presence = feature.presence
    if presence.min_fraction == 1:
        return "in every example"
    asked = [f"in {presence.min_fraction:.4g} of the examples"] if presence.min_fraction else []
    return ", ".join(asked + ([f"in {presence.min_count} at least"] if presence.min_count else []))


def _shape(feature: schema_pb2.Feature) -> str:
    sizes = fixed_shape(feature)
    if sizes is not None:
        return f"[{', '.join(map(str, sizes))}]"
    if not feature.HasField("value_count"):
        return ""
    count = feature.value_count
    return f"{count.min} to {count.max} values" if count.HasField("max") else f"{count.min} values or more"


def _domain(feature: schema_pb2.Feature, schema: schema_pb2.Schema) -> str:
    kind = feature.WhichOneof("domain_info")
    if kind in ("domain", "string_domain"):
        values = domain_values(feature, schema)
        more = len(values) - MAX_VALUES
        return ", ".join(values[:MAX_VALUES]) + (f" and {more} more" if more > 0 else "")
    if kind in ("int_domain", "float_domain"):
        domain = getattr(feature, kind)
        low, high = (f"{getattr(domain, end):g}" if domain.HasField(end) else "any" for end in ("min", "max"))
        return f"{low} to {high}{', categories' if domain.is_categorical else ''}"
    return kind or ""


def _one_line(feature: schema_pb2.Feature, name: str) -> str:
    value = getattr(feature, name)
    return f"{{{' '.join(str(value).split())}}}" if hasattr(value, "DESCRIPTOR") else str(value)
