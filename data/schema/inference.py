"""A schema out of examples, by TFDV, and what a person should look at before it is held against new data."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tensorflow_metadata.proto.v0 import schema_pb2

from data.schema.feature import domain_values

if TYPE_CHECKING:
    import tensorflow as tf

# Of a feature with no more values, each in some examples, a person should say whether they are categories.
FEW_VALUES = 20
EXAMPLES_PER_VALUE = 10


@dataclass(frozen=True, kw_only=True)
class Inferred:
    """A schema, from how many examples it is, and notes on features, a line each."""

    schema: schema_pb2.Schema
    num_examples: int
    notes: tuple[str, ...]


class _Counts:
    """How many examples have a feature, and which values, as long as they are few."""

    def __init__(self) -> None:
        self.examples = 0
        self.present: Counter[str] = Counter()
        self.values: dict[str, set[bytes | int | float]] = {}
        self.lowest: dict[str, float] = {}
        self.highest: dict[str, float] = {}

    def add(self, example: "tf.train.Example") -> None:
        self.examples += 1
        for name, feature in example.features.feature.items():
            kind = feature.WhichOneof("kind")
            values = getattr(feature, kind).value if kind else ()
            if not values:
                continue
            self.present[name] += 1
            known = self.values.setdefault(name, set())
            if len(known) <= FEW_VALUES:
                known.update(values[: FEW_VALUES + 1])
            if kind != "bytes_list":
                self.lowest[name] = min(self.lowest.get(name, values[0]), *values)
                self.highest[name] = max(self.highest.get(name, values[0]), *values)


def infer_schema(examples: "Iterable[tf.train.Example]", *, known: schema_pb2.Schema) -> Inferred:
    """What TFDV infers, laid below what is known.

    The task's own word on a feature counts; what it leaves open, such as the values of a text, comes from the data.

    Args:
      examples: raw examples.
      known: schema of the task.
    """
    import tensorflow as tf
    import tensorflow_data_validation as tfdv

    counts = _Counts()
    with tempfile.TemporaryDirectory() as directory:
        file = str(Path(directory) / "examples")
        with tf.io.TFRecordWriter(file) as writer:
            for example in examples:
                counts.add(example)
                writer.write(example.SerializeToString())
        statistics = tfdv.generate_statistics_from_tfrecord(file, stats_options=tfdv.StatsOptions(schema=known))
    schema = _laid_over(tfdv.infer_schema(statistics), known)
    return Inferred(schema=schema, num_examples=counts.examples, notes=tuple(_notes(schema, known, counts)))


def _laid_over(inferred: schema_pb2.Schema, known: schema_pb2.Schema) -> schema_pb2.Schema:
    schema = schema_pb2.Schema()
    schema.CopyFrom(known)
    features = {feature.name: feature for feature in schema.feature}
    domains = {domain.name: domain for domain in inferred.string_domain}
    for feature in inferred.feature:
        kind = feature.WhichOneof("domain_info")
        if feature.name not in features:
            schema.feature.add().CopyFrom(feature)
        elif kind is None or features[feature.name].WhichOneof("domain_info") is not None:
            continue
        elif kind == "domain":
            features[feature.name].domain = feature.domain
        else:
            getattr(features[feature.name], kind).CopyFrom(getattr(feature, kind))
        if kind == "domain":
            schema.string_domain.add().CopyFrom(domains[feature.domain])
    return schema


def _notes(schema: schema_pb2.Schema, known: schema_pb2.Schema, counts: _Counts) -> Iterator[str]:
    of_task = {feature.name: feature.WhichOneof("domain_info") for feature in known.feature}
    for feature in schema.feature:
        name, present = feature.name, counts.present[feature.name]
        if name not in of_task:
            yield f"{name}: the task does not read it"
        if not present:
            yield f"{name}: no example has it"
            continue
        if present < counts.examples:
            missing = counts.examples - present
            yield f"{name}: {missing:,} of {counts.examples:,} examples lack it; see its presence {{min_fraction}}"
        kind = feature.WhichOneof("domain_info")
        if kind is not None and of_task.get(name) is None:
            values = domain_values(feature, schema)
            count = f"{len(values)} value{'' if len(values) == 1 else 's'}"
            seen = f"a domain of {count}, what the data has; add what may still come"
            yield f"{name}: {seen if values else f'its values in the data make it a {kind}'}"
        elif kind is None and name in counts.lowest:
            yield _numbers_note(name, schema_pb2.FeatureType.Name(feature.type), counts)


def _numbers_note(name: str, kind: str, counts: _Counts) -> str:
    domain, distinct = f"{kind.lower()}_domain", len(counts.values[name])
    if distinct == 1:
        return f"{name}: always {counts.lowest[name]:g}"
    between = f"{counts.lowest[name]:g} to {counts.highest[name]:g}"
    if distinct <= min(FEW_VALUES, counts.present[name] / EXAMPLES_PER_VALUE) and kind == "INT":
        return f"{name}: {distinct} values, {between}; if they are categories, give it {domain} {{is_categorical}}"
    return f"{name}: {between}; nothing is refused for being beyond, unless you give it {domain} {{min, max}}"
