import pytest

from data.errors import DataError
from data.tables.csv_file import CSVTable
from data.tables.scikit_learn import SklearnTable
from data.tables.survey import ColumnSurvey, survey


def _column(*values) -> ColumnSurvey:
    column = ColumnSurvey()
    for value in values:
        column.add(value)
    return column


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (("1", "2.5", None), "numeric"),
        (("1", "2", "three"), "categorical"),
        (("0", "1"), "numeric"),
        (("yes", "no", None), "boolean"),
        ((True, False), "boolean"),
        (("True", "maybe"), "categorical"),
        ((True, 2), "categorical"),
        ((None, None), None),
        ((1, 2.5), "numeric"),
    ],
)
def test_what_a_column_is_best_read_as(values, kind):
    assert _column(*values).kind() == kind


@pytest.mark.parametrize(
    ("values", "is_of_classes", "classes"),
    [
        (("b", "a", "b"), True, ("a", "b")),
        (("10", "9", "1"), True, ("1", "9", "10")),
        ((0.0, 1.0), True, ("0", "1")),
        (("1.5", "2"), False, ("1.5", "2")),
        (tuple(map(str, range(21))), False, tuple(map(str, range(21)))),
    ],
)
def test_labels_that_name_classes(values, is_of_classes, classes):
    column = _column(*values)
    assert column.is_of_classes() is is_of_classes
    assert column.classes() == classes


def test_a_column_of_decimal_commas_is_not_taken_for_texts(tmp_path):
    (tmp_path / "rows.csv").write_text('a,b\n"1,5",x\n"2,5",y\n')
    found = survey(CSVTable(kind="csv", file=tmp_path / "rows.csv"))
    assert found.kind("b") == "categorical"
    with pytest.raises(DataError, match=r"'1,5' and the like in a. Set options.source.decimal: ','"):
        found.kind("a")


def test_rows_that_cannot_be_read_are_passed_over(tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n1\n3,\n")
    found = survey(CSVTable(kind="csv", file=tmp_path / "rows.csv"))
    assert (found.rows, found.columns["b"].missing) == (2, 1)


@pytest.mark.parametrize("content", ["a,b\n", "a,b\n1\n2\n"])
def test_a_table_without_rows_is_refused(tmp_path, content):
    (tmp_path / "rows.csv").write_text(content)
    with pytest.raises(DataError, match=r"a table must have rows. Received: none below the header"):
        survey(CSVTable(kind="csv", file=tmp_path / "rows.csv"))


@pytest.mark.parametrize(
    ("name", "rows", "columns", "classes"),
    [("wine", 178, 13, 3), ("breast_cancer", 569, 30, 2), ("diabetes", 442, 10, 0)],
)
def test_tables_of_scikit_learn(name, rows, columns, classes):
    found = survey(SklearnTable(kind="sklearn", name=name))
    label = found.columns["target"]
    assert (found.rows, len(found.columns) - 1) == (rows, columns)
    assert (len(label.counts) if label.is_of_classes() else 0) == classes
