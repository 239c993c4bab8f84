"""CSV as people have it: other dialects, gzip, and rows that are none."""

import csv
import gzip
import io
import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import DataError, SourceNotFoundError
from data.source import SPLITS
from data.tables.csv_file import CSVTable

SMALL = "town,size\nOslo,3\nRome,\n"


@pytest.fixture
def table(tmp_path):
    """A function from a file's content to a table of it."""

    def of(content: str | bytes, name: str = "rows.csv", **options) -> CSVTable:
        data = content if isinstance(content, bytes) else content.encode()
        path = tmp_path / name
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return CSVTable(kind="csv", file=path, **options)

    return of


def _rows(table: CSVTable) -> list[dict]:
    found = [row for _, row in table.all_rows()]
    assert not [row for row in found if isinstance(row, DataError)]
    return found


def _defects(table: CSVTable) -> list[str]:
    return [f"{origin}: {row}" for origin, row in table.all_rows() if isinstance(row, DataError)]


def test_rows_by_their_columns_and_where_they_are(table):
    found = list(table(SMALL).all_rows())
    assert found == [
        ("rows.csv line 2", {"town": "Oslo", "size": "3"}),
        ("rows.csv line 3", {"town": "Rome", "size": None}),
    ]
    assert table(SMALL).column_names() == ("town", "size")


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("town;size\nOslo;3\nRome;\n", {"delimiter": ";"}),
        ("town\tsize\r\nOslo\t3\r\nRome\tNA\r\n", {"delimiter": "\t"}),
        ("'town','size'\n'Oslo','3'\n'Rome','?'\n", {"quote": "'", "missing": ["?"]}),
        ("Oslo,3\nRome,\n", {"names": ["town", "size"]}),
        ("\ufefftown,size\nOslo,3\n\nRome,NaN\n", {}),
        ("town,size\nOslo,3\nRome,\n".encode("utf-16"), {"encoding": "utf-16"}),
        (SMALL, {"name": "rows.csv.gz"}),
    ],
    ids=["semicolon", "tab", "quote", "no header", "mark and empty line", "utf-16", "gzip"],
)
def test_dialects_give_the_same_rows(table, content, options):
    assert _rows(table(content, **options)) == [{"town": "Oslo", "size": "3"}, {"town": "Rome", "size": None}]


def test_decimal_commas(table):
    rows = _rows(table('a;b\n1,5;x,y\n"1.234,5";z\n', delimiter=";", decimal=","))
    assert rows == [{"a": "1.5", "b": "x,y"}, {"a": "1234.5", "b": "z"}]


def test_letters_beyond_ascii(table):
    assert _rows(table("town\nKøbenhavn\n".encode("cp1252"), encoding="cp1252")) == [{"town": "København"}]


def test_fields_may_hold_delimiters_quotes_and_lines(table):
    assert _rows(table('a,b\n"x, ""y""\nz",2\n')) == [{"a": 'x, "y"\nz', "b": "2"}]


@pytest.mark.parametrize(
    ("content", "defect"),
    [
        ("a,b,c\n1,2,3\n1,2\n1,2,3\n", "line 3: a row must have 3 fields, as the header has. Received: 2."),
        ("a,b\n1;2\n", "line 2: .* Received: 1. .* Is options.source.delimiter ',' right?"),
        ("a,b\n1,2\na,b\n3,4\n", "line 3: a file has one header. .* Were files joined?"),
        (b"a,b\n1,2\x00\n3,4\n", r"line 2: b: a text holds no NUL byte. Received: '2\\x00'"),
        (b"a,b\nK\xf8benhavn,2\n", "line 2: a must be text in utf-8. .* such as cp1252"),
        ('a,b\n1,"2\n3,4\n', "line 2: a row must be CSV. Received: unexpected end of data. Mend the quotes"),
        ('a,b\n1,"2"x\n3,4\n', "line 2: a row must be CSV. Received: ',' expected after '\"'"),
    ],
    ids=["short", "delimiter", "header twice", "NUL", "encoding", "open quote", "after quote"],
)
def test_a_row_that_is_none_is_told_with_its_line_and_the_others_are_read(table, content, defect):
    [found] = _defects(table(content))
    assert re.match(f"rows.csv {defect}", found)
    lines = content.count(b"\n" if isinstance(content, bytes) else "\n") - 1
    assert len(list(table(content).all_rows())) == (1 if "end of data" in defect else lines)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "must hold a line with the names of its columns. Received: an empty file"),
        (",a\n0,1\n", r"every column must have a name. Received: none for column 1. .* to_csv\(…, index=False\)"),
        ("a,b,a\n1,2,3\n", "a column's name must be its own. Received twice: a"),
    ],
)
def test_a_header_that_names_no_columns_is_refused(table, content, message):
    with pytest.raises(DataError, match=message):
        table(content).column_names()


def test_a_file_that_is_not_there(table, tmp_path):
    (tmp_path / "rows.csv").write_text(SMALL)
    with pytest.raises(SourceNotFoundError, match=r"row.csv, which does not exist.* Did you mean .*rows.csv\?"):
        CSVTable(kind="csv", file=tmp_path / "row.csv").column_names()


def test_a_gzipped_file_that_breaks_off_is_told_with_the_line(tmp_path):
    content = gzip.compress("".join(["a,b\n", *(f"{row},{row * 7919 % 1000}\n" for row in range(90_000))]).encode())
    (tmp_path / "rows.csv.gz").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"rows.csv.gz, after line \d+: the file must be readable to its end"):
        list(CSVTable(kind="csv", file=tmp_path / "rows.csv.gz").all_rows())


def test_every_row_is_in_one_split_whatever_is_wrong_with_it(table):
    content = "a,b\n" + "".join(f"{row},{row}\n" if row % 7 else f"{row}\n" for row in range(300))
    rows = table(content)
    by_split = {split: [origin for shard in rows.shards(split) for origin, _ in rows.rows(shard)] for split in SPLITS}
    assert sorted(itertools.chain(*by_split.values())) == sorted(origin for origin, _ in rows.all_rows())
    shares = [len(by_split[split]) / 300 for split in SPLITS]
    assert shares == pytest.approx([0.7, 0.15, 0.15], abs=0.06)


def test_splits_by_a_column(table):
    rows = table("a,part\n1,train\n2,test\n3,valid\n4,eval\n", split_column="part")
    found = {split: [row for shard in rows.shards(split) for _, row in rows.rows(shard)] for split in SPLITS}
    assert found["test"] == [{"a": "2", "part": "test"}]
    assert found["eval"] == [{"a": "4", "part": "eval"}]
    first, defect = found["train"]
    assert first == {"a": "1", "part": "train"}
    assert str(defect) == "part must be one of train, eval, test. Received: 'valid'"


def test_given_files_are_shards_and_lend_to_the_splits_that_have_none(tmp_path):
    for name in ("one", "two", "last"):
        (tmp_path / f"{name}.csv").write_text("a\n" + "".join(f"{name} {row}\n" for row in range(100)))
    files = {"train": [tmp_path / "one.csv", tmp_path / "two.csv"], "test": [tmp_path / "last.csv"]}
    table = CSVTable(kind="csv", files=files)
    assert [len(table.shards(split)) for split in SPLITS] == [2, 2, 1]
    found = {split: [row["a"] for shard in table.shards(split) for _, row in table.rows(shard)] for split in SPLITS}
    assert found["test"] == [f"last {row}" for row in range(100)]
    assert len(found["eval"]) == pytest.approx(30, abs=12)
    assert len(found["train"]) + len(found["eval"]) == 200


def test_columns_of_several_files_may_stand_in_another_order_and_must_be_there(tmp_path):
    for name, content in {"one": "a,b\n1,2\n", "two": "b,a\n4,3\n", "three": "a,c\n5,6\n"}.items():
        (tmp_path / f"{name}.csv").write_text(content)
    files = [tmp_path / "one.csv", tmp_path / "two.csv"]
    assert _rows(CSVTable(kind="csv", files={"train": files})) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    files = [tmp_path / "one.csv", tmp_path / "three.csv"]
    with pytest.raises(DataError, match=r"three.csv must have the columns of the other files.* without b"):
        list(CSVTable(kind="csv", files={"train": files}).all_rows())


def test_the_fingerprint_follows_the_file_and_the_options(table):
    before = table(SMALL).fingerprint()
    assert table(SMALL, missing=["NA"]).fingerprint() != before
    assert table(SMALL + "Bonn,4\n").fingerprint() != before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "a table is one of file, files and, of CSV, dataset"),
        ({"file": "a.csv", "dataset": "penguins"}, "a table is one of"),
        ({"files": {"test": ["a.csv"]}}, "files must have some for train"),
        ({"files": {"train": ["a.csv"], "test": ["b.csv"]}, "split_column": "part"}, "split_column decides"),
        ({"file": "a.csv", "encoding": "utf-9"}, "encoding must be one that Python knows. Received: 'utf-9'"),
        ({"file": "a.csv", "delimiter": '"'}, "must be two characters"),
    ],
)
def test_options_that_do_not_fit_together(options, message):
    with pytest.raises(ValueError, match=message):
        CSVTable(kind="csv", **options)


FIELDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)


@given(st.lists(st.tuples(FIELDS, FIELDS), max_size=8), st.sampled_from(",;\t|"))
def test_what_python_writes_is_read_back(tmp_path_factory, rows, delimiter):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([("first column", "second column"), *rows])
    path = tmp_path_factory.mktemp("csv") / "rows.csv"
    path.write_bytes(text.getvalue().encode())
    table = CSVTable(kind="csv", file=path, delimiter=delimiter, missing=[])
    assert [tuple(row.values()) for _, row in table.all_rows()] == rows
