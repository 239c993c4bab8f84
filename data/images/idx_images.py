"""Images and labels in IDX files: MNIST, Fashion-MNIST and whatever came after them."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from etils import epath
from pydantic import BaseModel, ConfigDict, Field, model_validator

from data.did_you_mean import did_you_mean_path
from data.errors import DataError, SourceNotFoundError
from data.examples import labelled_image
from data.files import SourcePath, stamp
from data.images.idx import read_idx
from data.known.datasets import find_known, locate
from data.overview import Overview, overview_of_classes
from data.source import SPLITS
from data.splits import unit_hash

if TYPE_CHECKING:
    import tensorflow as tf

IMAGES_PER_SHARD = 4096
# Name of the official split -> beginning of its files' names.
_PREFIXES = {"train": "train", "test": "t10k"}


class IDXImages(BaseModel):
    """{train,t10k}-{images-idx3,labels-idx1}-ubyte, gzipped or not; the eval split is dealt out of the train files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["idx"]
    dataset: Literal["fashion_mnist", "mnist"] | None = Field(None, description="A known dataset, by name.")
    directory: SourcePath | None = Field(None, description="Or a folder with the four files.")
    classes: tuple[str, ...] = Field(
        (), description="Names, in the order of the labels; a known dataset brings its own."
    )
    eval: Annotated[float, Field(gt=0, lt=1)] = Field(0.1, description="Share of the train files that is held out.")
    seed: int = Field(0, description="Another seed deals the eval split anew.")

    @model_validator(mode="after")
    def _one_place(self) -> "IDXImages":
        if (self.dataset is None) == (self.directory is None):
            raise ValueError(
                f"kind: idx takes dataset or directory. Received: dataset={self.dataset}, directory={self.directory}"
            )
        if self.directory is not None and len(self.classes) < 2:
            raise ValueError(f"a directory needs classes, two at least. Received: {list(self.classes)}")
        return self

    def class_names(self) -> tuple[str, ...]:
        return self.classes or find_known(self.dataset or "").classes

    def shards(self, split: str) -> Sequence[tuple[str, int]]:
        """Pairs of the split and the index of the shard's first image in the official split's files."""
        count = len(self._read("test" if split == "test" else "train")[1])
        return [(split, start) for start in range(0, count, IMAGES_PER_SHARD)]

    def examples(self, shard: tuple[str, int]) -> Iterator[tuple[str, "tf.train.Example"]]:
        import tensorflow as tf

        split, start = shard
        official = "test" if split == "test" else "train"
        images, labels = self._read(official)
        for index in range(start, min(start + IMAGES_PER_SHARD, len(labels))):
            if split == self._split_of(official, index):
                encoded = tf.io.encode_png(images[index][..., np.newaxis]).numpy()
                yield f"{official} image {index}", labelled_image(encoded, int(labels[index]))

    def class_counts(self) -> Mapping[str, Sequence[int]]:
        counts: Counter[tuple[str, int]] = Counter()
        for official in _PREFIXES:
            counts.update(
                (self._split_of(official, index), int(label)) for index, label in enumerate(self._read(official)[1])
            )
        return {split: [counts[split, label] for label in range(len(self.class_names()))] for split in SPLITS}

    def overview(self) -> Overview:
        images, _ = self._read("train")
        return overview_of_classes(
            self,
            facts={
                "directory": str(self._path("train", "images-idx3").parent),
                "images": " x ".join(map(str, images.shape[1:])),
                "splits": f"eval dealt out of train, {self.eval:.0%}",
            },
        )

    def _split_of(self, official: str, index: int) -> str:
        """The split of an image, by its index in the files of an official split."""
        is_held_out = official == "train" and unit_hash(str(index), self.seed) < self.eval
        return "eval" if is_held_out else official

    def fingerprint(self) -> str:
        digest = hashlib.sha256(self.model_dump_json(exclude={"directory"}).encode())
        for split in _PREFIXES:
            for what in ("images-idx3", "labels-idx1"):
                digest.update(f"{split} {what} {stamp(self._path(split, what))}\n".encode())
        return digest.hexdigest()

    def _path(self, split: str, what: str) -> epath.Path:
        folder = self.directory if self.directory is not None else epath.Path(locate(self.dataset or ""))
        name = f"{_PREFIXES[split]}-{what}-ubyte"
        for path in (folder / f"{name}.gz", folder / name):
            if path.is_file():
                return path
        raise SourceNotFoundError(
            f"options.source must lead to IDX files. Received: {folder}, without {name}.gz or {name}. Put it there or "
            f"correct the config."
            f"{did_you_mean_path(folder)}"
        )

    def _read(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Images `[image, height, width]` uint8 and labels `[image]` of an official split."""
        paths = [self._path(split, what) for what in ("images-idx3", "labels-idx1")]
        images, labels = (read_idx(path) for path in paths)
        if images.ndim != 3 or images.dtype != np.uint8 or labels.ndim != 1 or len(images) != len(labels):
            raise DataError(
                f"IDX files must hold images [image, height, width] of uint8 and as many labels. Received: "
                f"{images.dtype}{list(images.shape)} in {paths[0]}, {labels.dtype}{list(labels.shape)} in {paths[1]}."
            )
        count = len(self.class_names())
        wrong = np.flatnonzero((labels < 0) | (labels >= count))
        if len(wrong):
            raise DataError(
                f"A label must be one of the {count} classes, 0 to {count - 1}. Received: {labels[wrong[0]]} of image "
                f"{wrong[0]} in {paths[1]}. Name all classes in options.source.classes."
            )
        return images, labels
