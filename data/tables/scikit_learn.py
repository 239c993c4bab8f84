"""Tables that ship with scikit-learn: real measurements, which need no file and no network."""

import hashlib
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from data.splits import Splits
from data.tables.table import Row

TARGET = "target"


class SklearnTable(BaseModel):
    """A bundled table; its label is the column `target`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["sklearn"]
    name: Literal["wine", "breast_cancer", "diabetes"] = Field(
        description="wine: 178 rows, 3 classes; breast_cancer: 569, 2 classes; diabetes: 442, a number."
    )
    splits: Splits = Field(default_factory=Splits, description="Shares by which rows are dealt, by their place.")

    def column_names(self) -> tuple[str, ...]:
        return (*map(str, self._load().feature_names), TARGET)

    def shards(self, split: str) -> Sequence[str]:
        return [split]

    def rows(self, shard: str) -> Iterator[tuple[str, Row]]:
        for index, (origin, row) in enumerate(self.all_rows()):
            if self.splits.of(str(index)) == shard:
                yield origin, row

    def all_rows(self) -> Iterator[tuple[str, Row]]:
        loaded = self._load()
        names = [str(name) for name in loaded.feature_names]
        classes = [str(name) for name in loaded.get("target_names", ())]
        for index, (values, target) in enumerate(zip(loaded.data.tolist(), loaded.target.tolist(), strict=True)):
            label = classes[target] if classes else target
            yield f"load_{self.name}()[{index}]", {**dict(zip(names, values, strict=True)), TARGET: label}

    def fingerprint(self) -> str:
        # What ships with scikit-learn changes only with its version.
        return hashlib.sha256(f"scikit-learn {version('scikit-learn')} {self.model_dump_json()}".encode()).hexdigest()

    def _load(self) -> Any:
        from sklearn import datasets

        return getattr(datasets, f"load_{self.name}")()
