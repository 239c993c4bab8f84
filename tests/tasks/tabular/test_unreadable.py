"""Rows that cannot be read are refused, or counted and left out, as images are."""

import pytest

from components.shard_reading import ShardReading, check_readings
from data.errors import DataError
from data.source import SPLITS
from tasks.tabular import Tabular, TabularOptions

# Two of a hundred: one that is short, and one whose number is none.
ROWS = ["size,grade", *(f"{row},{'ab'[row % 2]}" for row in range(98)), "5", "large,a"]


def _read(tmp_path, **options) -> tuple[list[int], list[str]]:
    (tmp_path / "rows.csv").write_text("\n".join(ROWS) + "\n")
    source = {"kind": "csv", "file": tmp_path / "rows.csv", **options}
    columns = {"numeric": {"size": {}}}
    task = Tabular(TabularOptions(source=source, label={"column": "grade"}, columns=columns))
    paths = []
    for number, shard in enumerate(shard for split in SPLITS for shard in task.source().shards(split)):
        reading = ShardReading(task, shard)
        list(reading.examples())
        paths.append(str(tmp_path / f"{number}.json"))
        reading.write(paths[-1])
    return check_readings(paths, allowed=task.allowed_unreadable())


def test_they_are_refused_with_their_lines(tmp_path):
    with pytest.raises(DataError, match=r"Received 2 of 100 that are not") as refusal:
        _read(tmp_path)
    assert "rows.csv line 100: a row must have 2 fields, as the header has. Received: 1." in str(refusal.value)
    assert "rows.csv line 101: size: a number is expected. Received: 'large'" in str(refusal.value)


def test_few_can_be_left_out(tmp_path):
    counts, defects = _read(tmp_path, unreadable="skip", max_unreadable=0.02)
    assert (sum(counts), len(defects)) == (98, 2)
    with pytest.raises(DataError, match=r"at most 1.00%"):
        _read(tmp_path, unreadable="skip")
