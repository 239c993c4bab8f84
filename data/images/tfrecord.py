"""TFRecord files of tf.Examples that another system wrote, one folder a split."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import ConfigDict, Field

from data.did_you_mean import did_you_mean_path
from data.errors import DataError, SourceNotFoundError
from data.example_features import describe_features, first_features
from data.examples import labelled_image
from data.files import TensorFlowPath, stamp
from data.image_formats import to_decodable
from data.overview import Overview
from data.source import SPLITS
from data.tensorflow_errors import plain_message
from data.unreadable import Unreadable

if TYPE_CHECKING:
    import tensorflow as tf


class TFRecords(Unreadable):
    """`directory`/{train,eval,test}/* holding tf.Examples, gzipped where the name ends in .gz."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["tfrecord"]
    directory: TensorFlowPath = Field(description="Holds the folders train, eval and test.")
    classes: tuple[str, ...] = Field(min_length=2, description="Names of the classes; labels are indices into them.")
    image_feature: str = Field("image", description="Name of the feature that holds an encoded image.")
    label_feature: str = Field("label", description="Name of the feature that holds the index of the class.")

    def class_names(self) -> tuple[str, ...]:
        return self.classes

    def shards(self, split: str) -> Sequence[str]:
        folder = self.directory / split
        files = sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
        if not files:
            raise SourceNotFoundError(
                f"options.source.directory must hold the folders {', '.join(SPLITS)} with TFRecord files. "
                f"Received: {folder}, which {'is empty' if folder.is_dir() else 'does not exist'}. "
                f"Write the files there or correct the config."
                f"{did_you_mean_path(folder)}"
            )
        return [f"{split}/{name}" for name in files]

    def examples(self, shard: str) -> Iterator[tuple[str, "tf.train.Example | DataError"]]:
        import tensorflow as tf

        compression = "GZIP" if shard.endswith(".gz") else ""
        records = iter(tf.data.TFRecordDataset(str(self.directory / shard), compression_type=compression))
        index = 0
        while True:
            origin = f"{shard} record {index}"
            try:
                content = next(records).numpy()
            except StopIteration:
                return
            except tf.errors.DataLossError as error:
                # Where the next one would begin is lost with it.
                raise DataError(f"{origin}: not a readable tf.Example ({plain_message(error)})") from None
            yield origin, self._example(content)
            index += 1

    def overview(self) -> Overview:
        """The files of each split, and the features of the first train example; counting all would mean reading all."""
        paths = {split: [self.directory / name for name in self.shards(split)] for split in SPLITS}
        first = paths["train"][0]
        features = first_features(first)
        if features is None:
            raise DataError(f"{first} must hold tf.Examples. Received: a file that does not begin with one.")
        defect = self._defect(features)
        if defect:
            raise DataError(f"{first}: {defect}")
        return Overview(
            facts={
                "directory": str(self.directory),
                "classes": f"{len(self.classes)}: {', '.join(self.classes)}",
                "features": ", ".join(f"{name} ({what})" for name, what in features.items()),
            },
            columns=("split", "files", "bytes"),
            rows=tuple(
                (split, len(files), sum(stamp(path).size_bytes for path in files)) for split, files in paths.items()
            ),
        )

    def _example(self, content: bytes) -> "tf.train.Example | DataError":
        """The example of a record, with its image and label renamed to `image` and `label`; other features stay."""
        import tensorflow as tf
        from google.protobuf.message import DecodeError

        try:
            example = tf.train.Example.FromString(content)
        except DecodeError as error:
            return DataError(f"not a readable tf.Example ({error})")
        defect = self._defect(describe_features(example))
        if defect:
            return DataError(defect)
        feature = example.features.feature
        [image], [label] = feature[self.image_feature].bytes_list.value, feature[self.label_feature].int64_list.value
        for name in (self.image_feature, self.label_feature):
            del feature[name]
        example.MergeFrom(labelled_image(to_decodable(image), label))
        return example

    def _defect(self, features: Mapping[str, str]) -> str | None:
        """The defect of an example with these features, in one line; None if there is none."""
        wanted = {self.image_feature: "1 bytes", self.label_feature: "1 int64"}
        if all(features.get(name) == what for name, what in wanted.items()):
            return None
        rule = " and ".join(f"{name} ({what})" for name, what in wanted.items())
        found = ", ".join(f"{name} ({what})" for name, what in features.items()) or "none"
        return (
            f"an example must have the features {rule}. Received: {found}. Name yours in "
            f"options.source.image_feature and label_feature."
        )

    def fingerprint(self) -> str:
        digest = hashlib.sha256(self.model_dump_json().encode())
        for split in SPLITS:
            for name in self.shards(split):
                digest.update(f"{name}\0{stamp(self.directory / name)}\n".encode())
        return digest.hexdigest()
