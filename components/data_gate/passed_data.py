"""The statistics of a pipeline's data that passed the gate, kept where runs on any runner find them."""

from collections.abc import Mapping

from etils import epath
from tensorflow_metadata.proto.v0 import statistics_pb2

from records.stores import path_at


class PassedData:
    """A directory of numbered files, never changed once written: one for each dataset that passed.

    A file holds one list, in which each split is a dataset of the split's name.
    """

    def __init__(self, directory: str) -> None:
        self._directory = path_at(directory)

    def newest(self) -> epath.Path | None:
        """The file of the dataset that passed last; None before any did."""
        files = self._directory.glob("*.pb") if self._directory.exists() else ()
        return max(files, key=lambda file: int(file.stem), default=None)

    def is_newest(self, statistics: Mapping[str, statistics_pb2.DatasetFeatureStatisticsList]) -> bool:
        """Whether the dataset that passed last is the one with these statistics, by split."""
        newest = self.newest()
        return newest is not None and newest.read_bytes() == _content(statistics)

    def add(self, statistics: Mapping[str, statistics_pb2.DatasetFeatureStatisticsList]) -> None:
        """Keeps the statistics of a dataset, by split, if they are not the newest already."""
        newest, content = self.newest(), _content(statistics)
        if newest is not None and newest.read_bytes() == content:
            return
        file = self._directory / f"{int(newest.stem) + 1 if newest else 1:06d}.pb"
        self._directory.mkdir(parents=True, exist_ok=True)
        # Whole or not at all, whenever the process is killed.
        half = file.with_suffix(".half")
        half.write_bytes(content)
        half.replace(file)


def read_passed(file: epath.Path) -> dict[str, statistics_pb2.DatasetFeatureStatistics]:
    """The statistics in a file, by split."""
    found = statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read_bytes())
    return {dataset.name: dataset for dataset in found.datasets}


def _content(statistics: Mapping[str, statistics_pb2.DatasetFeatureStatisticsList]) -> bytes:
    kept = statistics_pb2.DatasetFeatureStatisticsList()
    for split, found in statistics.items():
        for dataset in found.datasets[:1]:
            kept.datasets.add().CopyFrom(dataset)
            kept.datasets[-1].name = split
    return kept.SerializeToString(deterministic=True)
