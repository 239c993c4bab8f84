"""Rows of a table as tf.Examples."""

import hashlib
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data.did_you_mean import did_you_mean
from data.errors import DataError
from data.overview import Overview
from data.source import SPLITS
from data.spans import HasSpans, missing_between
from data.tables.table import Row, Table
from data.tables.values import PARSERS, Kind, as_text
from records.spans import Spans, describe_spans

if TYPE_CHECKING:
    import tensorflow as tf

# Raw feature that holds the label.
LABEL = "label"


@dataclass(frozen=True, kw_only=True)
class TableExamples:
    """A source of one example a row, with a feature for each column and one for the label.

    Features: numbers as float, categories as bytes, truth values as int64 0 or 1; none where a value is missing. The
    label is an index of `classes` as int64, or a float. A table without the label's column, as one to predict for, has
    examples without a label.

    Attributes:
      table: what has the rows.
      kinds: what each column is that is read, by name.
      may_be_missing: those of them that may be without a value.
      label: column of the label.
      classes: names of the classes; empty where the label is a number.
    """

    table: Table
    kinds: Mapping[str, Kind]
    may_be_missing: frozenset[str]
    label: str
    classes: tuple[str, ...]

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
        is_labelled = self.label in self.table.column_names()
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
            f"{self.table.fingerprint()} {dict(self.kinds)} {sorted(self.may_be_missing)} {self.label} {self.classes}"
        )
        return hashlib.sha256(text.encode()).hexdigest()

    def spans(self) -> Spans:
        """See `data.spans.HasSpans`."""
        return self.table.spans() if isinstance(self.table, HasSpans) else {}

    def overview(self) -> Overview:
        """Rows of each class, or of all."""
        counts = {split: dict.fromkeys((*self.classes, "all"), 0) for split in SPLITS}
        unreadable = 0
        for split in SPLITS:
            for row in (row for shard in self.shards(split) for _, row in self.table.rows(shard)):
                if isinstance(row, DataError):
                    unreadable += 1
                    continue
                counts[split]["all"] += 1
                label = row.get(self.label)
                if self.classes and label is not None and as_text(label) in self.classes:
                    counts[split][as_text(label)] += 1
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
            parsed = _parsed(name, kind, value)
            if isinstance(parsed, str):
                features[name].bytes_list.value.append(parsed.encode())
            elif kind == "boolean":
                features[name].int64_list.value.append(int(parsed))
            else:
                features[name].float_list.value.append(parsed)
        if is_labelled:
            self._add_label(features[LABEL], row[self.label])
        return example

    def _add_label(self, feature: "tf.train.Feature", value: Any) -> None:
        if value is None:
            raise ValueError(f"{self.label} must have a value: it is the label. Received: none. Mend the row")
        if not self.classes:
            feature.float_list.value.append(_parsed(self.label, "numeric", value))
            return
        name = as_text(value)
        if name not in self.classes:
            raise ValueError(
                f"{self.label} must be one of {', '.join(self.classes)}. Received: {name!r}. Mend the row, or name "
                f"the class in options.label.classes"
            )
        feature.int64_list.value.append(self.classes.index(name))


def _parsed(name: str, kind: Kind, value: Any) -> Any:
    try:
        return PARSERS[kind](value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
