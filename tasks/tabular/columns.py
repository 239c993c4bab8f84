"""Which column of a table is what, and what becomes of it. Needs no TensorFlow."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from data.tables.values import Kind
from tasks.options import TaskOptions

MayBeMissing = Annotated[
    bool | None,
    Field(description="Whether a row may have no value here; default: whether rows of the table have none."),
]
# Of the places of a vocabulary whose size is not given.
MAX_SIZE = 1000
# Columns of more values are embedded unless the config says otherwise.
MAX_ONE_HOT = 16


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


class CategoricalColumn(TaskOptions):
    """A column of texts, or of whole numbers that name something."""

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
    encoding: Literal["one_hot", "embedding"] | None = Field(
        None, description=f"What a model takes; default: one_hot up to {MAX_ONE_HOT} places."
    )
    may_be_missing: MayBeMissing = None

    @property
    def places(self) -> int:
        """Places of its values: of missing ones, of the vocabulary or the hashes, and of those outside."""
        assert self.size is not None
        return 1 + self.size + (self.oov_buckets if self.ids == "vocabulary" else 0)

    @property
    def is_embedded(self) -> bool:
        """Whether a model gets its place rather than a flag for each place."""
        return self.encoding == "embedding" or (self.encoding is None and self.places > MAX_ONE_HOT)


class BooleanColumn(TaskOptions):
    """A column of truth values: true, yes, t, y, 1 and their opposites."""

    may_be_missing: MayBeMissing = None


class TableColumns(TaskOptions):
    """The columns that a model sees, by what they are."""

    numeric: dict[str, NumericColumn] = Field(default_factory=dict, description="Numbers: {age: {}}.")
    categorical: dict[str, CategoricalColumn] = Field(
        default_factory=dict, description="Texts, or whole numbers that name something: {town: {}, month: {}}."
    )
    boolean: dict[str, BooleanColumn] = Field(default_factory=dict, description="Truth values: {member: {}}.")
    others: Literal["infer", "leave_out"] = Field(
        "infer", description="What becomes of columns that are not named: the table tells what they are, or left out."
    )
    left_out: tuple[str, ...] = Field((), description="Columns that a model does not see, such as a row's number.")

    @model_validator(mode="after")
    def _named_once(self) -> "TableColumns":
        names = [*self.numeric, *self.categorical, *self.boolean, *self.left_out]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"a column is of one kind. Received twice: {', '.join(twice)}")
        if self.others == "leave_out" and not self.named():
            raise ValueError("a model must see one column at least. Received: none, and others: leave_out")
        return self

    def named(self) -> Mapping[str, NumericColumn | CategoricalColumn | BooleanColumn]:
        """All columns that are seen, by name."""
        return {**self.numeric, **self.categorical, **self.boolean}

    def kinds(self) -> dict[str, Kind]:
        """{column: its kind}."""
        kinds: dict[str, Kind] = dict.fromkeys(self.numeric, "numeric")
        kinds |= dict.fromkeys(self.categorical, "categorical")
        return {**kinds, **dict.fromkeys(self.boolean, "boolean")}

    def may_be_missing(self) -> frozenset[str]:
        """Columns in which a row may have no value."""
        return frozenset(name for name, column in self.named().items() if column.may_be_missing)

    def is_complete(self) -> bool:
        """Whether nothing is left for the table to tell."""
        sizes: list[Any] = [column.size for column in self.categorical.values()]
        told = [*sizes, *(column.may_be_missing for column in self.named().values())]
        return self.others == "leave_out" and None not in told
