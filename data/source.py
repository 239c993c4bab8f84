"""The contract of a source: where raw examples come from.

A source lists the shards of each split; ExampleGen reads the shards in parallel and writes one file a shard, so that
the same source gives the same files in the same order on any runner.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, get_args, runtime_checkable

from data.errors import DataError

if TYPE_CHECKING:
    import apache_beam as beam
    import tensorflow as tf

Split: TypeAlias = Literal["train", "eval", "test"]
SPLITS: tuple[str, ...] = get_args(Split)


@runtime_checkable
class Source(Protocol):
    """A picklable reader of raw data."""

    def shards(self, split: str) -> Sequence[Hashable]:
        """The parts of `split` that can be read apart from each other, in a fixed order.

        Raises:
          SourceNotFoundError: what the config names is not there, or is empty.
        """

    def examples(self, shard: Any) -> Iterator[tuple[str, "tf.train.Example | DataError"]]:
        """Yields (origin, example) of one of `shards`, in a fixed order.

        `origin` says where a person finds the example. A record that cannot be read, where the ones after it can, is
        yielded as a DataError that says what is wrong with it.

        Raises:
          DataError: the rest of the shard cannot be read.
        """

    def fingerprint(self) -> str:
        """A digest that changes when the data changes: the cache key of ExampleGen."""


@runtime_checkable
class HasReading(Protocol):
    """A source whose records Beam's own connector may read, in place of the source.

    Where it does, a shard names a file that is to be written, and `examples` is given what was brought for it.
    """

    def reading(self) -> "beam.PTransform | None":
        """A transform that gives (shard, record) for each record; None where the source reads its shards itself."""

    def brought(self, shard: Any, records: Sequence[Any]) -> Hashable:
        """What `examples` is given in place of a shard.

        Args:
          shard: one of `shards`.
          records: those that the transform gave for it, in any order.
        """


@runtime_checkable
class LabelledImages(Source, Protocol):
    """A source of examples with the features `image` (encoded bytes) and `label` (index of the class)."""

    def class_names(self) -> tuple[str, ...]:
        """The names of the classes; a label is an index into them."""
