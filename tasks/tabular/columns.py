"""Which column of a table is what, and what becomes of it. Needs no TensorFlow."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from data.did_you_mean import did_you_mean
from data.tables.values import Kind
from tasks.options import TaskOptions

MayBeMissing = Annotated[
    bool | None,
    Field(description="Whether a row may have no value here; default: whether rows of the table have none."),
]
DatePart: TypeAlias = Literal["year", "month", "day", "day_of_week", "hour"]
# {part: how many values it has}; a year has no end of them.
PART_SIZES: Mapping[str, int] = {"month": 12, "day": 31, "day_of_week": 7, "hour": 24}
# Of the places of a vocabulary whose size is not given.
MAX_SIZE = 1000
# Columns of more values are embedded unless the config says otherwise.
MAX_ONE_HOT = 16
Encoding = Annotated[
    Literal["one_hot", "embedding"] | None,
    Field(description=f"What a model takes; default: one_hot up to {MAX_ONE_HOT} places."),
]


class NumericColumn(TaskOptions):
    """A column of numbers."""

    transform: Literal["z_score", "min_max", "log", "quantiles", "piecewise_linear", "none"] = Field(
        "z_score",
        description="z_score: mean 0, deviation 1; min_max: from 0 to 1; log: log(1 + |x|) with the sign of x, then as "
        "z_score; quantiles: buckets of equally many rows, one-hot; piecewise_linear: how far each is filled. Fitted "
        "on the train split.",
    )
    buckets: int = Field(10, ge=2, description="Buckets of quantiles and piecewise_linear.")
    impute: Literal["mean", "median"] = Field(
        "mean", description="What stands for a missing number, beside a flag that says that it is missing."
    )
    may_be_missing: MayBeMissing = None

    @property
    def is_bucketed(self) -> bool:
        """Whether it becomes a number for each bucket."""
        return self.transform in ("quantiles", "piecewise_linear")


class VocabularyColumn(TaskOptions):
    """What becomes the place of a value among others."""

    ids: Literal["vocabulary", "hash"] = Field(
        "vocabulary", description="The most frequent values of the train split, or a hash of the value."
    )
    size: int | None = Field(
        None,
        ge=1,
        description=f"Most values of the vocabulary, or number of hashes; default: the values that the table has as "
        f"often as frequency_threshold, {MAX_SIZE} at the most.",
    )
    frequency_threshold: int = Field(2, ge=1, description="Rows that a value of the vocabulary must be in.")
    oov_buckets: int = Field(1, ge=0, description="Places that values outside of the vocabulary are hashed to.")

    @property
    def places(self) -> int:
        """Places of its values: of missing ones, of the vocabulary or the hashes, and of those outside."""
        assert self.size is not None
        return 1 + self.size + (self.oov_buckets if self.ids == "vocabulary" else 0)


class CategoricalColumn(VocabularyColumn):
    """A column of texts, or of whole numbers that name something."""

    encoding: Encoding = None
    may_be_missing: MayBeMissing = None

    @property
    def is_embedded(self) -> bool:
        """Whether a model gets its place rather than a flag for each place."""
        return _is_embedded(self.encoding, self.places)


class MultivalentColumn(VocabularyColumn):
    """A column of several texts in each row, or of none."""

    delimiter: str = Field("|", min_length=1, description="Between two values of a text; lists of Parquet need none.")
    encoding: Literal["multi_hot", "mean"] = Field(
        "multi_hot",
        description="multi_hot: 1 for each value that is there; mean: its share of the row's values, of which the "
        "first dense layer makes the mean of the values' embeddings.",
    )


class BooleanColumn(TaskOptions):
    """A column of truth values: true, yes, t, y, 1 and their opposites."""

    may_be_missing: MayBeMissing = None


class TimestampColumn(TaskOptions):
    """A column of points in time, of which a model sees parts, in UTC."""

    format: str | None = Field(
        None,
        description="How texts are written, by the codes of Python's strptime, such as '%Y-%m-%d %H:%M:%S'; default: "
        "seconds since 1970, or times of Parquet.",
    )
    parts: Annotated[tuple[DatePart, ...], Field(min_length=1)] = Field(
        ("year", "month", "day_of_week", "hour"), description="What a model sees; days of the week begin on Monday."
    )
    encoding: Literal["one_hot", "number"] = Field(
        "one_hot", description="How: a flag for each value, or a number, as z-score; a year is a number either way."
    )
    may_be_missing: MayBeMissing = None

    @property
    def number_parts(self) -> tuple[DatePart, ...]:
        """The parts that become a number each."""
        return tuple(part for part in self.parts if self.encoding == "number" or part not in PART_SIZES)

    @property
    def flag_parts(self) -> tuple[DatePart, ...]:
        """The parts that become a flag for each of their values."""
        return tuple(part for part in self.parts if part not in self.number_parts)


class CrossColumn(TaskOptions):
    """The values of several columns together, such as a place at an hour, as one category."""

    of: tuple[str, ...] = Field(
        min_length=2, description="Categorical or boolean columns, or numeric ones by quantiles or piecewise_linear."
    )
    size: int = Field(100, ge=2, description="Number of hashes.")
    encoding: Encoding = None

    @property
    def is_embedded(self) -> bool:
        """Whether a model gets its place rather than a flag for each place."""
        return _is_embedded(self.encoding, self.size)


SeenColumn: TypeAlias = NumericColumn | CategoricalColumn | MultivalentColumn | BooleanColumn | TimestampColumn


class TableColumns(TaskOptions):
    """The columns that a model sees, by what they are."""

    numeric: dict[str, NumericColumn] = Field(default_factory=dict, description="Numbers: {age: {}}.")
    categorical: dict[str, CategoricalColumn] = Field(
        default_factory=dict, description="Texts, or whole numbers that name something: {town: {}, month: {}}."
    )
    boolean: dict[str, BooleanColumn] = Field(default_factory=dict, description="Truth values: {member: {}}.")
    timestamp: dict[str, TimestampColumn] = Field(
        default_factory=dict, description="Points in time: {bought: {format: '%d.%m.%Y'}}."
    )
    multivalent: dict[str, MultivalentColumn] = Field(
        default_factory=dict, description="Several texts in a row: {tags: {delimiter: '|'}}."
    )
    crosses: tuple[CrossColumn, ...] = Field((), description="Columns seen together: [{of: [town, hour], size: 500}].")
    others: Literal["infer", "leave_out"] = Field(
        "infer", description="What becomes of columns that are not named: the table tells what they are, or left out."
    )
    left_out: tuple[str, ...] = Field((), description="Columns that a model does not see, such as a row's number.")

    @model_validator(mode="after")
    def _named_once(self) -> "TableColumns":
        names = [*self.numeric, *self.categorical, *self.boolean, *self.timestamp, *self.multivalent, *self.left_out]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"a column is of one kind. Received twice: {', '.join(twice)}")
        if self.others == "leave_out" and not self.named():
            raise ValueError("a model must see one column at least. Received: none, and others: leave_out")
        defect = self.cross_defect()
        if defect and self.others == "leave_out":
            raise ValueError(defect)
        return self

    def cross_defect(self) -> str | None:
        """What is wrong with the crosses, where no more columns are to come."""
        bucketed = [name for name, column in self.numeric.items() if column.is_bucketed]
        crossed = [*self.categorical, *self.boolean, *bucketed]
        wrong = [name for cross in self.crosses for name in cross.of if name not in crossed]
        if not wrong:
            return None
        return (
            f"columns.crosses must be of categorical or boolean columns, or of numeric ones whose transform is "
            f"quantiles or piecewise_linear. Received: {wrong[0]}, which is none of {', '.join(crossed) or 'them'}."
            f"{did_you_mean(wrong[0], crossed)}"
        )

    def named(self) -> Mapping[str, SeenColumn]:
        """All columns that are seen, by name."""
        return {**self.numeric, **self.categorical, **self.boolean, **self.timestamp, **self.multivalent}

    def kinds(self) -> dict[str, Kind]:
        """{column: its kind}."""
        kinds: dict[str, Kind] = dict.fromkeys(self.numeric, "numeric")
        kinds |= dict.fromkeys(self.categorical, "categorical")
        kinds |= dict.fromkeys(self.boolean, "boolean")
        return {**kinds, **dict.fromkeys(self.timestamp, "timestamp"), **dict.fromkeys(self.multivalent, "multivalent")}

    def notations(self) -> dict[str, str]:
        """{column: how it is written}: formats of timestamps, and delimiters of several values."""
        formats = {name: column.format for name, column in self.timestamp.items() if column.format is not None}
        return {**formats, **{name: column.delimiter for name, column in self.multivalent.items()}}

    def may_be_missing(self) -> frozenset[str]:
        """Columns in which a row may have no value."""
        missing = {name for name, column in self._of_one_value().items() if column.may_be_missing}
        return frozenset({*missing, *self.multivalent})

    def is_complete(self) -> bool:
        """Whether nothing is left for the table to tell."""
        sizes = [column.size for column in (*self.categorical.values(), *self.multivalent.values())]
        missing = [column.may_be_missing for column in self._of_one_value().values()]
        return self.others == "leave_out" and None not in [*sizes, *missing]

    def _of_one_value(self) -> Mapping[str, NumericColumn | CategoricalColumn | BooleanColumn | TimestampColumn]:
        return {**self.numeric, **self.categorical, **self.boolean, **self.timestamp}


def _is_embedded(encoding: str | None, places: int) -> bool:
    return encoding == "embedding" or (encoding is None and places > MAX_ONE_HOT)
