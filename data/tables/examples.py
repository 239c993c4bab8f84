"""Rows of a table as tf.Examples."""

import hashlib
import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from data.did_you_mean import did_you_mean
from data.errors import DataError
from data.overview import Overview
from data.source import SPLITS, HasReading
from data.spans import HasSpans, missing_between
from data.tables.table import Row, Table
from data.tables.values import Kind, as_text, parse
from records.spans import Spans, describe_spans

if TYPE_CHECKING:
    import apache_beam as beam
    import tensorflow as tf

# Raw feature that holds the label.
LABEL = "label"


class Threshold(NamedTuple):
    """What makes two classes of a number.

    Attributes:
      above: a number that is larger is of the second class.
      times: column whose number `above` is multiplied by, if there is one.
    """

    above: float
    times: str | None


@dataclass(frozen=True, kw_only=True)
class TableExamples:
    """A source of one example a row, with a feature for each column and one for the label.

    Features: numbers as float, categories as bytes, several of them where a column has several, truth values as int64 0
    or 1, timestamps as int64 seconds since 1970; none where a value is missing. The label is an index of `classes` as
    int64, or a float. A table without the label's column or the weights', as one to predict for, has examples without.

    Attributes:
      table: what has the rows.
      kinds: what each column is that is read, by name.
      may_be_missing: those of them that may be without a value.
      notations: formats of timestamps and delimiters of several values, by column.
      weight: column of what rows weigh in training; none where it is empty.
      label: column of the label.
      classes: names of the classes; empty where the label is a number.
      threshold: what makes classes of the label's column; None where it holds them.
    """

    table: Table
    kinds: Mapping[str, Kind]
    may_be_missing: frozenset[str]
    label: str
    classes: tuple[str, ...]
    threshold: Threshold | None = None
    notations: Mapping[str, str] = field(default_factory=dict)
    weight: str = ""

    def shards(self, split: str) -> Sequence[Hashable]:
        names = self.table.column_names()
        missing = [name for name in self.kinds if name not in names]
        if missing:
            raise DataError(
                f"the table must have the columns {', '.join(self.kinds)}. Received: {', '.join(names)}, without "
                f"{', '.join(missing)}. Correct options.columns or the file.{did_you_mean(missing[0], names)}"
            )
        return self.table.shards(split)

    def examples(self, shard: Any) -> Iterator[tuple[str, "tf.train.Example | DataError"]]:
        is_labelled = set(self._label_columns()) <= set(self.table.column_names())
        for origin, row in self.table.rows(shard):
            if isinstance(row, DataError):
                yield origin, row
                continue
            try:
                yield origin, self._example(row, is_labelled)
            except ValueError as error:
                yield origin, DataError(str(error))

    def fingerprint(self) -> str:
        text = (
            f"{self.table.fingerprint()} {dict(self.kinds)} {sorted(self.may_be_missing)} {self.label} {self.classes} "
            f"{self.threshold} {dict(self.notations)} {self.weight}"
        )
        return hashlib.sha256(text.encode()).hexdigest()

    def reading(self) -> "beam.PTransform | None":
        """See `data.source.HasReading`."""
        return self.table.reading() if isinstance(self.table, HasReading) else None

    def brought(self, shard: Any, records: Sequence[Any]) -> Hashable:
        """See `data.source.HasReading`."""
        assert isinstance(self.table, HasReading)
        return self.table.brought(shard, records)

    def spans(self) -> Spans:
        """See `data.spans.HasSpans`."""
        return self.table.spans() if isinstance(self.table, HasSpans) else {}

    def overview(self) -> Overview:
        """Rows of each class, or of all; what another system reads is not looked at."""
        if isinstance(self.table, HasReading):
            return Overview(headline=f"{len(self.kinds)} columns of rows that are read when the pipeline runs")
        counts = {split: dict.fromkeys((*self.classes, "all"), 0) for split in SPLITS}
        unreadable = 0
        for split in SPLITS:
            for row in (row for shard in self.shards(split) for _, row in self.table.rows(shard)):
                if isinstance(row, DataError):
                    unreadable += 1
                    continue
                counts[split]["all"] += 1
                name = self._counted_class(row)
                if name in self.classes:
                    counts[split][name] += 1
        total = sum(counts[split]["all"] for split in SPLITS)
        kinds = [f"{list(self.kinds.values()).count(kind)} {kind}" for kind in dict.fromkeys(self.kinds.values())]
        spans = self.spans()
        of_spans = f", span {describe_spans(spans)}" if spans else ""
        missing = missing_between(spans)
        return Overview(
            headline=f"{total:,} rows of {len(self.kinds)} columns{of_spans}",
            facts={
                **({"span": describe_spans(spans)} if spans else {}),
                "columns": ", ".join(kinds),
                "label": f"{self.label}, {len(self.classes) or 'no'} classes",
            },
            columns=("class" if self.classes else "rows", *SPLITS),
            rows=tuple((name, *(counts[split][name] for split in SPLITS)) for name in (*self.classes, "all")),
            notes=(
                *((f"{unreadable:,} rows cannot be read",) if unreadable else ()),
                *((f"no span {', '.join(map(str, missing))} between the others",) if missing else ()),
            ),
        )

    def _example(self, row: Row, is_labelled: bool) -> "tf.train.Example":
        """Raises ValueError where a field is not what its column is."""
        import tensorflow as tf

        example = tf.train.Example()
        features = example.features.feature
        for name, kind in self.kinds.items():
            value = row[name]
            if value is None:
                if name not in self.may_be_missing:
                    raise ValueError(
                        f"{name} must have a value, as it had in all rows when the columns were told. Received: none. "
                        f"Mend the row, or set may_be_missing for the column in options.columns"
                    )
                continue
            parsed = _parsed(name, kind, value, self.notations.get(name, ""))
            if kind in ("categorical", "multivalent"):
                texts = parsed if isinstance(parsed, list) else [parsed]
                features[name].bytes_list.value.extend(text.encode() for text in texts)
            elif kind == "numeric":
                features[name].float_list.value.append(parsed)
            else:
                features[name].int64_list.value.append(int(parsed))
        if self.weight in row:
            features[self.weight].float_list.value.append(self._weight(row[self.weight]))
        if is_labelled:
            self._add_label(features[LABEL], row)
        return example

    def _weight(self, value: Any) -> float:
        weight = 0.0 if value is None else _parsed(self.weight, "numeric", value)
        if value is None or weight < 0:
            raise ValueError(f"{self.weight} must be a weight, 0 or larger. Received: {value}. Mend the row")
        return weight

    def _label_columns(self) -> list[str]:
        if self.threshold is None or self.threshold.times is None:
            return [self.label]
        return [self.label, self.threshold.times]

    def _counted_class(self, row: Row) -> str:
        try:
            return self._class_of(row) or ""
        except ValueError:
            # ExampleGen tells of it.
            return ""

    def _class_of(self, row: Row) -> str | None:
        """The name of a row's class; None where it has none. Raises ValueError where a number is expected."""
        values = [row.get(name) for name in self._label_columns()]
        if None in values:
            return None
        if self.threshold is None:
            return as_text(values[0])
        number, *factors = (
            _parsed(name, "numeric", value) for name, value in zip(self._label_columns(), values, strict=True)
        )
        return self.classes[int(number > math.prod([self.threshold.above, *factors]))]

    def _add_label(self, feature: "tf.train.Feature", row: Row) -> None:
        for column in self._label_columns():
            if row[column] is None:
                raise ValueError(f"{column} must have a value: it is the label. Received: none. Mend the row")
        if not self.classes:
            feature.float_list.value.append(_parsed(self.label, "numeric", row[self.label]))
            return
        name = self._class_of(row)
        if name not in self.classes:
            raise ValueError(
                f"{self.label} must be one of {', '.join(self.classes)}. Received: {name!r}. Mend the row, or name "
                f"the class in options.label.classes"
            )
        feature.int64_list.value.append(self.classes.index(name))


def _parsed(name: str, kind: Kind, value: Any, written: str = "") -> Any:
    try:
        return parse(kind, value, written)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
