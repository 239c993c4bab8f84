"""Images in folders: one folder a class, PNG, JPEG, GIF or BMP files in it."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from data.did_you_mean import did_you_mean_path
from data.errors import SourceNotFoundError
from data.examples import labelled_image
from data.local_path import LocalPath
from data.splits import Splits

if TYPE_CHECKING:
    import tensorflow as tf

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp"})
IMAGES_PER_SHARD = 2048


class ImageFolder(BaseModel):
    """`directory`/CLASS/*.png and the like; the classes are the folders' names in alphabetical order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["image_folder"]
    directory: LocalPath = Field(description="Holds one folder a class. Relative paths start at the config's folder.")
    classes: tuple[str, ...] = Field(
        (), description="The folders to read; empty: all. Naming them lets the data gate notice a missing one."
    )
    splits: Splits = Field(default_factory=Splits)

    def class_names(self) -> tuple[str, ...]:
        if self.classes:
            return self.classes
        if not self.directory.is_dir():
            raise SourceNotFoundError(
                f"options.source.directory must be a folder that holds one folder a class. "
                f"Received: {self.directory}, which does not exist. Create it or correct the config."
                f"{did_you_mean_path(self.directory)}"
            )
        return tuple(sorted(path.name for path in self.directory.iterdir() if path.is_dir()))

    def _files(self) -> list[tuple[str, int]]:
        """(path relative to the directory, label) of every image, sorted."""
        files = [
            (path.relative_to(self.directory).as_posix(), label)
            for label, name in enumerate(self.class_names())
            for path in sorted((self.directory / name).rglob("*"))
            if path.suffix.lower() in SUFFIXES
        ]
        if not files:
            raise SourceNotFoundError(
                f"options.source.directory must hold images ({', '.join(sorted(SUFFIXES))}), one folder a class. "
                f"Received: {self.directory}, with {len(self.class_names())} folders and no image in them. "
                f"Put CLASS/NAME.png files there or correct the config."
            )
        return files

    def shards(self, split: str) -> Sequence[tuple[tuple[str, int], ...]]:
        files = [file for file in self._files() if self.splits.of(file[0]) == split]
        return [tuple(files[start : start + IMAGES_PER_SHARD]) for start in range(0, len(files), IMAGES_PER_SHARD)]

    def examples(self, shard: tuple[tuple[str, int], ...]) -> Iterator[tuple[str, "tf.train.Example"]]:
        for name, label in shard:
            yield name, labelled_image((self.directory / name).read_bytes(), label)

    def fingerprint(self) -> str:
        digest = hashlib.sha256(self.model_dump_json().encode())
        for name, label in self._files():
            stat = (self.directory / name).stat()
            digest.update(f"{name}\0{label}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
        return digest.hexdigest()
