"""Images by class, dealt to splits class by class: no class of one split occurs in another."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from data.source import SPLITS, LabelledImages
from data.splits import Splits


@dataclass(frozen=True, kw_only=True)
class ImageClass:
    """A class and its images.

    Attributes:
      name: of the class.
      group: what it belongs to, such as an alphabet; empty where there are no groups.
      images: encoded.
      split: that it is in.
    """

    name: str
    group: str
    images: tuple[bytes, ...]
    split: Literal["train", "eval", "test"]


@runtime_checkable
class ImageClasses(Protocol):
    """A source that knows its classes' splits itself."""

    def image_classes(self) -> Sequence[ImageClass]:
        """All classes, in a fixed order."""

    def fingerprint(self) -> str:
        """See Source."""


def classes_of(source: LabelledImages | ImageClasses, splits: Splits) -> Sequence[ImageClass]:
    """The classes of a source; where it does not say their splits, they are dealt by name.

    Raises:
      DataError: see `Source.examples`.
    """
    if isinstance(source, ImageClasses):
        return source.image_classes()
    images: dict[int, list[bytes]] = defaultdict(list)
    for split in SPLITS:
        for shard in source.shards(split):
            for _, example in source.examples(shard):
                features = example.features.feature
                images[features["label"].int64_list.value[0]].append(features["image"].bytes_list.value[0])
    names = source.class_names()
    return [
        ImageClass(name=names[label], group="", images=tuple(images[label]), split=splits.of(names[label]))  # type: ignore[arg-type]
        for label in sorted(images)
    ]
