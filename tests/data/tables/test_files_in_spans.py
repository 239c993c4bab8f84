"""Tables whose files come in spans."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from data.errors import SourceNotFoundError
from data.source import SPLITS
from data.tables.csv_file import CSVTable
from data.tables.examples import TableExamples

ROWS = 40


def _write(folder: Path, span: int, version: int = 1) -> None:
    file = folder / f"{span}" / f"{version}.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(["id,kind", *(f"{span}/{version}/{row},{row % 2}" for row in range(ROWS))]) + "\n")


def _table(folder: Path, **options: Any) -> CSVTable:
    return CSVTable(kind="csv", **({"file": folder / "{SPAN}" / "{VERSION}.csv"} | options))


def _ids(table: CSVTable, split: str) -> set[str]:
    return {row["id"] for shard in table.shards(split) for _, row in table.rows(shard)}


@pytest.fixture
def folder(tmp_path):
    for span in (1, 2, 3):
        _write(tmp_path, span)
    return tmp_path


def test_a_run_keeps_to_the_spans_that_it_found(folder):
    table = _table(folder).with_spans()
    before = table.fingerprint()
    assert table.spans() == {3: 1}
    _write(folder, 3, version=2)
    _write(folder, 4)
    again = CSVTable.model_validate_json(table.model_dump_json())
    assert {row["id"] for _, row in again.all_rows()} == {f"3/1/{row}" for row in range(ROWS)}
    assert (again.fingerprint(), again.with_spans()) == (before, table)
    assert _table(folder, span=3).spans() == {3: 2}
    assert _table(folder).with_spans().fingerprint() != before


def test_a_span_that_goes_meanwhile_is_missed(folder):
    table = _table(folder).with_spans()
    (folder / "3" / "1.csv").unlink()
    with pytest.raises(SourceNotFoundError, match=r"version 1 of span 3|must be a span that is there. Received: 3"):
        CSVTable.model_validate_json(table.model_dump_json()).shards("train")


def test_rows_keep_their_split_while_the_window_moves(folder):
    """Else a model that goes on from an earlier one would be tested on rows that it was trained on."""
    then = _table(folder, span={"last": 2}).with_spans()
    _write(folder, 4)
    now = _table(folder, span={"last": 2}).with_spans()
    assert (then.spans(), now.spans()) == ({2: 1, 3: 1}, {3: 1, 4: 1})
    for split in SPLITS:
        assert {each for each in _ids(then, split) if each[0] == "3"} == {
            each for each in _ids(now, split) if each[0] == "3"
        }
    assert set().union(*(_ids(now, split) for split in SPLITS)) == {
        f"{s}/1/{row}" for s in (3, 4) for row in range(ROWS)
    }


def test_a_file_without_spans_stands_beside_files_in_spans(folder):
    (folder / "test.csv").write_text("id,kind\nfixed,0\n")
    files = {"train": [folder / "{SPAN}" / "{VERSION}.csv"], "test": [folder / "test.csv"]}
    table = CSVTable(kind="csv", files=files, span=2)
    assert _ids(table, "test") == {"fixed"}
    assert _ids(table, "train") | _ids(table, "eval") == {f"2/1/{row}" for row in range(ROWS)}


def test_files_without_spans_are_dealt_as_ever(folder):
    whole = CSVTable(kind="csv", file=folder / "1" / "1.csv")
    assert (whole.spans(), whole.with_spans()) == ({}, whole)
    # Of data.splits: by the number of the file and the row.
    assert _ids(whole, "test") == {f"1/1/{row}" for row in range(ROWS) if whole.splits.of(f"0/{row}") == "test"}


def test_an_overview_tells_the_spans_and_what_is_missing_between(folder):
    _write(folder, 6)
    source = TableExamples(
        table=_table(folder, span={"last": 2}).with_spans(),
        kinds={"id": "categorical"},
        may_be_missing=frozenset(),
        label="kind",
        classes=("0", "1"),
    )
    overview = source.overview()
    assert overview.headline == "80 rows of 1 columns, span 3 (version 1), 6 (version 1)"
    assert overview.facts["span"] == "3 (version 1), 6 (version 1)"
    assert overview.notes == ("no span 4, 5 between the others",)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"file": "a.csv", "span": 3}, r"span is of paths with \{SPAN\}.*Received: span=3, and .*a.csv"),
        ({"file": None, "dataset": "penguins", "span": "latest"}, "Received: span=latest, and no path"),
        ({"file": "{VERSION}.csv"}, r"Received: \{VERSION\}.csv"),
    ],
)
def test_options_that_make_no_span(options, message):
    with pytest.raises(ValidationError, match=message):
        CSVTable(kind="csv", **options)
