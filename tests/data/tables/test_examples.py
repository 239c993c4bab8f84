import pytest

from data.errors import DataError
from data.source import SPLITS, Source
from data.tables.csv_file import CSVTable
from data.tables.examples import TableExamples, Threshold

CONTENT = "size,town,is_far,kind\n1.5,Oslo,yes,good\n,,no,bad\n"


@pytest.fixture
def source(tmp_path):
    """A function from a CSV's content to its examples, all of them in train."""

    def of(content: str, **changes) -> TableExamples:
        (tmp_path / "rows.csv").write_text(content)
        splits = {"train": 0.98, "eval": 0.01, "test": 0.01}
        values = {
            "table": CSVTable(kind="csv", file=tmp_path / "rows.csv", splits=splits),
            "kinds": {"size": "numeric", "town": "categorical", "is_far": "boolean"},
            "may_be_missing": frozenset({"size", "town"}),
            "label": "kind",
            "classes": ("bad", "good"),
        }
        return TableExamples(**{**values, **changes})

    return of


def _read(source: TableExamples) -> list:
    return [example for split in SPLITS for shard in source.shards(split) for _, example in source.examples(shard)]


def test_features_by_kind_and_none_where_a_value_is_missing(source):
    assert isinstance(source(CONTENT), Source)
    first, second = (example.features.feature for example in _read(source(CONTENT)))
    assert (first["size"].float_list.value, first["town"].bytes_list.value) == ([1.5], [b"Oslo"])
    assert (first["is_far"].int64_list.value, first["label"].int64_list.value) == ([1], [1])
    assert set(second) == {"is_far", "label"}
    assert second["label"].int64_list.value == [0]


def test_a_label_that_is_a_number(source):
    [example] = _read(source("size,kind\n1,2.5\n", kinds={"size": "numeric"}, classes=()))
    assert example.features.feature["label"].float_list.value == [2.5]


def test_times_bags_and_weights(source):
    kinds = {"bought": "timestamp", "tags": "multivalent"}
    changes = {"kinds": kinds, "notations": {"bought": "%d.%m.%Y", "tags": "+"}, "weight": "w"}
    content = "bought,tags,w,kind\n02.01.1970,a+b+a,0.5,good\n01.01.1970,,2,bad\n"
    table = source(content, **changes, may_be_missing=frozenset({"tags"}))
    first, second = (example.features.feature for example in _read(table))
    assert (first["bought"].int64_list.value, first["w"].float_list.value) == ([86_400], [0.5])
    assert first["tags"].bytes_list.value == [b"a", b"b", b"a"]
    assert "tags" not in second
    assert table.fingerprint() != source(content, **{**changes, "notations": {}}).fingerprint()
    # What rows weigh is not known where they are to be predicted for.
    [unweighted] = _read(source("bought,tags,kind\n02.01.1970,a,good\n", **changes))
    assert set(unweighted.features.feature) == {"bought", "tags", "label"}


@pytest.mark.parametrize(
    ("row", "defect"),
    [
        ("31.02.1970,1,good", "bought: a time written as %d.%m.%Y is expected. Received: '31.02.1970'"),
        ("01.02.1970,-1,good", "w must be a weight, 0 or larger. Received: -1"),
        ("01.02.1970,,good", "w must be a weight, 0 or larger. Received: None"),
        ("01.02.1970,much,good", "w: a number is expected"),
    ],
)
def test_a_time_or_a_weight_that_is_none_is_told_with_its_line(source, row, defect):
    changes = {"kinds": {"bought": "timestamp"}, "notations": {"bought": "%d.%m.%Y"}, "weight": "w"}
    table = source(f"bought,w,kind\n01.01.1970,1,bad\n{row}\n", **changes)
    [(origin, wrong)] = [
        (origin, example)
        for split in SPLITS
        for shard in table.shards(split)
        for origin, example in table.examples(shard)
        if isinstance(example, DataError)
    ]
    assert origin == "rows.csv line 3"
    with pytest.raises(DataError, match=defect):
        raise wrong


def test_a_table_without_labels_has_examples_without(source):
    [example] = _read(source("size,town,is_far\n1,Oslo,no\n"))
    assert "label" not in example.features.feature


def test_a_class_of_a_number_above_a_share_of_another(source):
    tips = {"kinds": {"size": "numeric"}, "label": "tip", "threshold": Threshold(0.2, "fare")}
    content = "size,tip,fare\n1,2,10\n1,2.01,10\n1,0,0\n"
    labels = [example.features.feature["label"].int64_list.value[0] for example in _read(source(content, **tips))]
    assert labels == [0, 1, 0]
    assert source(content, **tips).fingerprint() != source(content, **{**tips, "threshold": None}).fingerprint()
    rows = {name: counts for name, *counts in source(content, **tips).overview().rows}
    assert (sum(rows["bad"]), sum(rows["good"])) == (2, 1)


@pytest.mark.parametrize(
    ("row", "defect"),
    [("1,,10", "tip must have a value: it is the label"), ("1,2,", "fare must have a value"), ("1,x,3", "tip: a num")],
)
def test_a_row_without_the_numbers_of_its_label_is_told(source, row, defect):
    tips = {"kinds": {"size": "numeric"}, "label": "tip", "threshold": Threshold(0.2, "fare")}
    table = source(f"size,tip,fare\n{row}\n", **tips)
    [wrong] = _read(table)
    with pytest.raises(DataError, match=defect):
        raise wrong
    assert table.overview().rows[-1][1:] == (1, 0, 0)


def test_a_table_without_what_a_label_is_made_of_has_examples_without(source):
    [example] = _read(source("size,tip\n1,2\n", kinds={"size": "numeric"}, label="tip", threshold=Threshold(1, "fare")))
    assert "label" not in example.features.feature


@pytest.mark.parametrize(
    ("row", "defect"),
    [
        ("big,Oslo,yes,good", "size: a number is expected. Received: 'big'"),
        ('"1,5",Oslo,yes,good', "size: a number must have a decimal point. Received: '1,5'"),
        ("1,Oslo,perhaps,good", "is_far: one of true, .* Received: 'perhaps'"),
        ("1,Oslo,,good", "is_far must have a value, .* set may_be_missing"),
        ("1,Oslo,yes,", "kind must have a value: it is the label"),
        ("1,Oslo,yes,Good", "kind must be one of bad, good. Received: 'Good'"),
    ],
)
def test_a_row_that_is_not_what_its_columns_are_is_told_and_the_others_are_read(source, row, defect):
    first, second, wrong = _read(source(f"{CONTENT}{row}\n"))
    assert isinstance(wrong, DataError)
    assert wrong.args
    with pytest.raises(DataError, match=defect):
        raise wrong
    assert not isinstance(first, DataError)
    assert not isinstance(second, DataError)


def test_a_missing_column_is_told_with_the_one_that_may_be_meant(source):
    with pytest.raises(DataError, match=r"without size. Correct options.columns or the file. Did you mean Size\?"):
        source("Size,town,is_far,kind\n").shards("train")


def test_the_overview_counts_classes_and_rows_that_cannot_be_read(source):
    overview = source(f"{CONTENT}1\n").overview()
    assert overview.headline == "2 rows of 3 columns"
    assert overview.rows == (("bad", 1, 0, 0), ("good", 1, 0, 0), ("all", 2, 0, 0))
    assert overview.notes == ("1 rows cannot be read",)
