"""Images by class, dealt to splits class by class: no class of one split occurs in another."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from data.errors import DataError
from data.examples import image_defect
from data.source import SPLITS, LabelledImages, Split
from data.splits import Splits
from data.unreadable import Unreadable, leave_out

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True, kw_only=True)
class ImageClass:
    """A class and its images.

    Attributes:
      name: name of the class.
      group: group that it belongs to, such as an alphabet; empty where there are no groups.
      images: encoded images.
      split: the split that holds it.
    """

    name: str
    group: str
    images: tuple[bytes, ...]
    split: Split


@runtime_checkable
class ImageClasses(Protocol):
    """A source that knows its classes' splits itself."""

    def image_classes(self) -> Sequence[ImageClass]:
        """All classes, in a fixed order."""

    def fingerprint(self) -> str:
        """See Source."""


def classes_of(source: LabelledImages | ImageClasses, splits: Splits) -> tuple[Sequence[ImageClass], int]:
    """The classes of a source, and how many images were left out.

    Where the source does not say the splits of its classes, they are split by their names.

    Raises:
      DataError: see `Source.examples`; or images that cannot be read are more than the source allows.
    """
    if isinstance(source, ImageClasses):
        return source.image_classes(), 0
    names = source.class_names()
    images: dict[int, list[bytes]] = defaultdict(list)
    defects = []
    for origin, example in (
        pair for split in SPLITS for shard in source.shards(split) for pair in source.examples(shard)
    ):
        defect = example if isinstance(example, DataError) else image_defect(example) or _label_defect(example, names)
        if isinstance(example, DataError) or defect:
            defects.append(f"{origin}: {defect}")
        else:
            features = example.features.feature
            images[features["label"].int64_list.value[0]].append(features["image"].bytes_list.value[0])
    total = len(defects) + sum(map(len, images.values()))
    leave_out(defects, total=total, allowed=source.allowed_unreadable() if isinstance(source, Unreadable) else 0.0)
    classes = [
        ImageClass(name=names[label], group="", images=tuple(images[label]), split=splits.of(names[label]))  # type: ignore[arg-type]
        for label in sorted(images)
    ]
    return classes, len(defects)


def _label_defect(example: "tf.train.Example", names: Sequence[str]) -> str | None:
    [label] = example.features.feature["label"].int64_list.value
    if 0 <= label < len(names):
        return None
    return f"label must be one of 0 to {len(names) - 1}, for as many classes are named. Received: {label}"
