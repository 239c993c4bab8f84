"""TFRecord files of tf.Examples that another system wrote, one folder a split."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from data.did_you_mean import did_you_mean_path
from data.errors import DataError, SourceNotFoundError
from data.local_path import LocalPath
from data.source import SPLITS

if TYPE_CHECKING:
    import tensorflow as tf


class TFRecords(BaseModel):
    """`directory`/{train,eval,test}/* holding tf.Examples, gzipped where the name ends in .gz."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["tfrecord"]
    directory: LocalPath = Field(description="Holds the folders train, eval and test.")
    classes: tuple[str, ...] = Field(min_length=2, description="Names of the classes; labels are indices into them.")

    def class_names(self) -> tuple[str, ...]:
        return self.classes

    def shards(self, split: str) -> Sequence[str]:
        folder = self.directory / split
        files = sorted(path.name for path in folder.glob("*") if path.is_file()) if folder.is_dir() else []
        if not files:
            raise SourceNotFoundError(
                f"options.source.directory must hold the folders {', '.join(SPLITS)} with TFRecord files. "
                f"Received: {folder}, which {'is empty' if folder.is_dir() else 'does not exist'}. "
                f"Write the files there or correct the config."
                f"{did_you_mean_path(folder)}"
            )
        return [f"{split}/{name}" for name in files]

    def examples(self, shard: str) -> Iterator[tuple[str, "tf.train.Example"]]:
        import tensorflow as tf
        from google.protobuf.message import DecodeError

        compression = "GZIP" if shard.endswith(".gz") else ""
        records = iter(tf.data.TFRecordDataset(str(self.directory / shard), compression_type=compression))
        index = 0
        while True:
            origin = f"{shard} record {index}"
            try:
                example = tf.train.Example.FromString(next(records).numpy())
            except StopIteration:
                return
            except (tf.errors.DataLossError, DecodeError) as error:
                reason = getattr(error, "message", str(error)).split("[Op:")[0].strip()
                raise DataError(f"{origin}: not a readable tf.Example ({reason})") from None
            yield origin, example
            index += 1

    def fingerprint(self) -> str:
        digest = hashlib.sha256(self.model_dump_json().encode())
        for split in SPLITS:
            for name in self.shards(split):
                stat = (self.directory / name).stat()
                digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
        return digest.hexdigest()
