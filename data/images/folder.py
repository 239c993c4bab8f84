"""Images in folders: one folder a class, or one a split with one folder a class in each."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from etils import epath
from pydantic import ConfigDict, Field

from data.did_you_mean import did_you_mean_path
from data.errors import DataError, SourceNotFoundError
from data.examples import labelled_image_file
from data.files import SourcePath, each_file, files_below, stamp
from data.image_formats import SUFFIXES
from data.images.folder_layout import folders_of, split_folders
from data.overview import Overview, overview_of_classes
from data.source import SPLITS
from data.splits import Splits
from data.unreadable import Unreadable

if TYPE_CHECKING:
    import tensorflow as tf

IMAGES_PER_SHARD = 2048


class _File(NamedTuple):
    """An image, by its path relative to the directory."""

    path: str
    label: int
    split: str


class ImageFolder(Unreadable):
    """`directory`/CLASS/*.png and the like, or `directory`/SPLIT/CLASS/*.png; the classes are the folders' names in
    alphabetical order, of all splits together. A split that is not there is cut out of train."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["image_folder"]
    directory: SourcePath = Field(
        description="Holds one folder a class, or train, eval and test with one folder a class in each. Relative paths "
        "start at the config's folder."
    )
    classes: tuple[str, ...] = Field(
        (), description="The folders to read; empty: all. Naming them lets the data gate notice a missing one."
    )
    splits: Splits = Field(default_factory=Splits, description="Shares; of splits that have no folder of their own.")

    def class_names(self) -> tuple[str, ...]:
        if self.classes:
            return self.classes
        return tuple(sorted({name for folder in self._split_folders().values() for name in folders_of(folder)}))

    def shards(self, split: str) -> Sequence[tuple[tuple[str, int], ...]]:
        files = [(file.path, file.label) for file in self._files() if file.split == split]
        return [tuple(files[start : start + IMAGES_PER_SHARD]) for start in range(0, len(files), IMAGES_PER_SHARD)]

    def examples(self, shard: tuple[tuple[str, int], ...]) -> Iterator[tuple[str, "tf.train.Example | DataError"]]:
        read = each_file(lambda each: labelled_image_file(self.directory / each[0], each[1]), shard, of=self.directory)
        for (name, _), example in zip(shard, read, strict=True):
            yield name, example

    def fingerprint(self) -> str:
        digest = hashlib.sha256(self.model_dump_json().encode())
        files = self._files()
        stamps = each_file(lambda file: stamp(self.directory / file.path), files, of=self.directory)
        for file, found in zip(files, stamps, strict=True):
            digest.update(f"{file.path}\0{file.label}\0{found}\n".encode())
        return digest.hexdigest()

    def class_counts(self) -> Mapping[str, Sequence[int]]:
        counts = Counter((file.split, file.label) for file in self._files())
        return {split: [counts[split, label] for label in range(len(self.class_names()))] for split in SPLITS}

    def overview(self) -> Overview:
        folders = {split: str(folder.relative_to(self.directory)) for split, folder in self._split_folders().items()}
        splits = [f"{split} {f'in {folders[split]}/' if split in folders else 'out of train'}" for split in SPLITS]
        is_dealt = folders == {"train": "."}
        ignored = self._describe_ignored()
        return overview_of_classes(
            self,
            facts={"directory": str(self.directory), "splits": "dealt by shares" if is_dealt else ", ".join(splits)},
            notes=[f"not read: {ignored}"] if ignored else [],
        )

    def _split_folders(self) -> Mapping[str, epath.Path]:
        """{split: the folder that holds its classes}; of train alone where the directory itself holds them."""
        if not self.directory.is_dir():
            raise SourceNotFoundError(
                f"options.source.directory must be a folder that holds one folder a class. "
                f"Received: {self.directory}, which does not exist. Create it or correct the config."
                f"{did_you_mean_path(self.directory)}"
            )
        found = split_folders(self.directory, self.classes)
        return {split: self.directory / name for split, name in found.items()} or {"train": self.directory}

    def _paths(self) -> Iterator[tuple[str, int, epath.Path]]:
        """(split, label, path) of everything in the folders of the classes."""
        for split, folder in self._split_folders().items():
            for label, name in enumerate(self.class_names()):
                for path in files_below(folder / name, SUFFIXES):
                    yield split, label, path

    def _files(self) -> list[_File]:
        """Every image, in a fixed order."""
        folders = self._split_folders()
        files = []
        for split, label, path in self._paths():
            if path.suffix.lower() in SUFFIXES:
                name = path.relative_to(self.directory).as_posix()
                # Train lends to the splits that have no folder, and keeps the share of those that have one.
                dealt = self.splits.of(name)
                files.append(_File(name, label, split if dealt in folders or split != "train" else dealt))
        if not files:
            ignored = self._describe_ignored()
            raise SourceNotFoundError(
                f"options.source.directory must hold images ({', '.join(sorted(SUFFIXES))}), one folder a class. "
                f"Received: {self.directory}, with {len(self.class_names())} folders and no image in them"
                f"{f', but {ignored}' if ignored else ''}. Put CLASS/NAME.png files there or correct the config."
            )
        return files

    def _describe_ignored(self) -> str:
        """Folders that are no class, and the number of files of each suffix that is not read."""
        named = set(self.class_names())
        others = {name for folder in self._split_folders().values() for name in folders_of(folder)} - named
        suffixes = Counter(
            path.suffix.lower() or "no suffix"
            for _, _, path in self._paths()
            if path.suffix.lower() not in SUFFIXES and path.is_file()
        )
        counts = [f"{count:,} {suffix}" for suffix, count in suffixes.most_common()]
        folders = [f"folder {name}, which options.source.classes does not name" for name in sorted(others)]
        return ", ".join([*folders, *counts])
