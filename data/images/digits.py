"""The digit scans that ship with scikit-learn: 1,797 real 8x8 images, ten classes.

Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998 (the
test part, as bundled with scikit-learn's `load_digits`).
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from data.examples import labelled_image
from data.overview import Overview, overview_of_classes
from data.source import SPLITS
from data.splits import Splits

if TYPE_CHECKING:
    import tensorflow as tf

MAX_INTENSITY = 16


class Digits(BaseModel):
    """The bundled digit scans as PNG images; needs no file and no network."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["digits"]
    splits: Splits = Field(default_factory=Splits)

    def class_names(self) -> tuple[str, ...]:
        return tuple(str(digit) for digit in range(10))

    def shards(self, split: str) -> Sequence[str]:
        return [split]

    def examples(self, shard: str) -> Iterator[tuple[str, "tf.train.Example"]]:
        import tensorflow as tf
        from sklearn.datasets import load_digits

        digits = load_digits()
        pixels = np.rint(digits.images * (255 / MAX_INTENSITY)).astype(np.uint8)[..., np.newaxis]
        for index, (image, label) in enumerate(zip(pixels, digits.target, strict=True)):
            if self.splits.of(str(index)) == shard:
                yield f"load_digits()[{index}]", labelled_image(tf.io.encode_png(image).numpy(), int(label))

    def class_counts(self) -> Mapping[str, Sequence[int]]:
        from sklearn.datasets import load_digits

        counts = Counter((self.splits.of(str(index)), label) for index, label in enumerate(load_digits().target))
        return {split: [counts[split, label] for label in range(len(self.class_names()))] for split in SPLITS}

    def overview(self) -> Overview:
        return overview_of_classes(self, facts={"images": "8 x 8, with scikit-learn", "splits": "dealt by shares"})

    def fingerprint(self) -> str:
        # What ships with scikit-learn changes only with its version.
        return hashlib.sha256(f"scikit-learn {version('scikit-learn')} {self.model_dump_json()}".encode()).hexdigest()
