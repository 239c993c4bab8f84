"""What the table tells where options say nothing, and what is refused before anything runs."""

import pytest

from data.errors import DataError
from tasks.loading import TaskSpec
from tasks.tabular import Tabular, TabularOptions
from tasks.tabular.columns import BooleanColumn, CategoricalColumn, NumericColumn
from tasks.tabular.metadata import table_shape
from tasks.tabular.options import WrongTableError

CONTENT = """id,age,town,member,empty,grade,part
1,30,Oslo,yes,,b,train
2,,Rome,no,,a,eval
3,25.5,Oslo,,,b,test
4,41,,yes,,c,train
"""


@pytest.fixture
def task(tmp_path):
    """A function from options beside the source to a task."""

    def of(content: str = CONTENT, split_column: str | None = "part", **options) -> Tabular:
        (tmp_path / "rows.csv").write_text(content)
        source = {"kind": "csv", "file": tmp_path / "rows.csv", "split_column": split_column}
        return Tabular(TabularOptions(source=source, **{"label": {"column": "grade"}, **options}))

    return of


def test_columns_are_told_by_the_table(task):
    columns = task(columns={"left_out": ["id"]}).columns
    assert columns.numeric == {"age": NumericColumn(may_be_missing=True)}
    # Oslo alone is there twice.
    assert columns.categorical == {"town": CategoricalColumn(size=1, may_be_missing=True)}
    assert columns.boolean == {"member": BooleanColumn(may_be_missing=True)}
    assert (columns.others, columns.left_out) == ("leave_out", ("id", "empty"))
    assert columns.is_complete()


def test_a_bag_s_size_is_that_of_its_values(task):
    content = "tags,grade\na|b|a,x\nb |c,y\n,x\n"
    columns = task(content, split_column=None, columns={"multivalent": {"tags": {}}}).columns
    # a twice in one row and b in two; c once.
    assert columns.multivalent["tags"].size == 2
    assert columns.may_be_missing() == {"tags"}


def test_a_column_of_weights_is_not_seen(task):
    found = task(weight_column="age")
    assert "age" not in found.columns.named()
    assert found.evaluation_keys == ("age",)


def test_what_the_config_says_stays(task):
    given = {
        "numeric": {"age": {"transform": "log", "may_be_missing": True}},
        "categorical": {"id": {"size": 7}, "town": {"frequency_threshold": 1}},
        "others": "leave_out",
    }
    columns = task(columns=given).columns
    assert columns.numeric["age"] == NumericColumn(transform="log", may_be_missing=True)
    assert columns.categorical["id"] == CategoricalColumn(size=7, may_be_missing=False)
    assert columns.categorical["town"].size == 2
    assert columns.boolean == {}


def test_resolved_options_need_no_table(task, tmp_path):
    resolved = task().resolved_options()
    (tmp_path / "rows.csv").unlink()
    again = TaskSpec(task="tasks.tabular.Tabular", options=resolved.model_dump(mode="json")).load()
    assert again.resolved_options() == resolved
    assert again.labels() == ("a", "b", "c")
    assert table_shape(again.columns, again.label).classes == 3


@pytest.mark.parametrize(
    ("values", "label", "kind", "classes"),
    [
        ("no yes no", {}, "binary", ("no", "yes")),
        ("b a c", {}, "multi_class", ("a", "b", "c")),
        ("10 9 10", {}, "binary", ("9", "10")),
        ("1 2 2.5", {}, "regression", ()),
        ("1 2 3", {"kind": "regression"}, "regression", ()),
        ("no yes no", {"kind": "multi_class"}, "multi_class", ("no", "yes")),
        ("no yes no", {"classes": ["yes", "no"]}, "binary", ("yes", "no")),
        ("no yes no", {"classes": ["no", "yes", "maybe"]}, "multi_class", ("no", "yes", "maybe")),
    ],
)
def test_the_kind_of_label(task, values, label, kind, classes):
    content = "a,grade\n" + "".join(f"1,{value}\n" for value in values.split())
    found = task(content, split_column=None, label={"column": "grade", **label}).label
    assert (found.kind, found.classes) == (kind, classes)


def test_a_number_above_a_limit_is_one_of_two_classes(task):
    found = task(label={"column": "age", "above": 0.5, "times": "id"}).label
    assert (found.kind, found.classes, found.times) == ("binary", ("no", "yes"), "id")
    assert task(label={"column": "age", "above": 30, "classes": ["young", "old"]}).label.classes == ("young", "old")


def test_which_metrics_such_a_label_has_is_known_without_the_table(task, tmp_path):
    found = task(label={"column": "age", "above": 30})
    (tmp_path / "rows.csv").unlink()
    assert "auc" in {metric.name for metric in found.metrics()}
    with pytest.raises(ValueError, match=r"loss.kind must be cross_entropy or focal"):
        task(label={"column": "age", "above": 30}, loss={"kind": "mse"})


def test_labels_of_many_numbers_are_numbers(task):
    content = "a,grade\n" + "".join(f"1,{value}\n" for value in range(21))
    assert task(content, split_column=None).label.kind == "regression"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": {"column": "Grade"}}, r"options.label.column must name columns .* Did you mean grade\?"),
        ({"label": {"column": "age", "above": 1, "times": "fare"}}, "options.label.times must name columns"),
        (
            {"label": {"column": "town", "above": 1}},
            "above needs a column of numbers. Received: town, which holds 'Oslo'",
        ),
        ({"columns": {"crosses": [{"of": ["town", "twon"]}]}}, r"Received: twon. Did you mean town\?"),
        ({"columns": {"crosses": [{"of": ["town", "age"]}]}}, "Received: age, which is none of town, member"),
        (
            {"label": {"column": "age", "above": 30}, "loss": {"class_weights": "balanced"}},
            "Received: a label with above, whose classes are not in it",
        ),
        ({"label": {"column": "grade", "kind": "binary"}}, r"must have 2 classes. Received: 3 in grade \(a, b, c\)"),
        ({"columns": {"numeric": {"years": {}}}}, "options.columns must name columns of the table"),
        ({"columns": {"left_out": ["id", "age", "town", "member"]}}, "a model must see one column at least"),
        ({"threshold": 0.3}, "threshold is for a label of two classes. Received: label.kind=multi_class"),
        ({"loss": {"kind": "mse"}}, "loss.kind must be cross_entropy or focal where the label is a class"),
        ({"loss": {"class_weights": [1, 2]}}, "one weight for each of the 3 classes. Received: 2"),
        (
            {"label": {"column": "grade", "classes": ["a", "d"]}, "loss": {"class_weights": "balanced"}},
            "balanced needs rows of each class. Received: none of d",
        ),
    ],
)
def test_options_that_do_not_suit_the_table(task, options, message):
    with pytest.raises(WrongTableError, match=message) as mistake:
        task(**options).resolved_options()
    assert mistake.value.exit_code == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": {"numeric": {"grade": {}}}}, "must not have the label"),
        ({"columns": {"numeric": {"age": {}}, "left_out": ["age"]}}, "a column is of one kind. Received twice: age"),
        ({"columns": {"others": "leave_out"}}, "a model must see one column at least"),
        ({"columns": {"numeric": {"label": {}}}}, "a column label can only be the label"),
        (
            {"columns": {"categorical": {"town": {}}, "crosses": [{"of": ["town", "age"]}], "others": "leave_out"}},
            "Received: age, which is none of town",
        ),
        ({"columns": {"timestamp": {"age": {}}, "multivalent": {"age": {}}}}, "Received twice: age"),
        ({"columns": {"numeric": {"age": {}}}, "weight_column": "age"}, "a column of its own, .* Received: age"),
        ({"label": {"column": "age", "times": "id"}}, "times multiplies above"),
        ({"label": {"column": "age", "above": 1, "kind": "regression"}}, "above makes a binary label"),
        ({"label": {"column": "grade", "classes": ["a"]}}, "classes must be two of a binary label"),
        ({"label": {"column": "grade", "kind": "regression", "classes": ["a", "b"]}}, "none of regression"),
        (
            {"label": {"column": "grade", "kind": "regression"}, "loss": {"class_weights": [1, 1]}},
            "loss.class_weights are for labels that are classes",
        ),
    ],
)
def test_options_that_do_not_fit_together(task, options, message):
    with pytest.raises(ValueError, match=message):
        task(**options)


def test_a_label_of_one_class_is_refused(task):
    with pytest.raises(WrongTableError, match=r"must have 2 to 1000 classes. Received: 1 in grade \(a\)"):
        task("x,grade\n1,a\n2,a\n", split_column=None).resolved_options()


def test_a_column_called_label_beside_the_label_is_refused(task):
    with pytest.raises(WrongTableError, match=r"Received: label beside the label. Rename the column"):
        task("label,grade\n1,a\n2,b\n", split_column=None).resolved_options()


def test_balanced_weights_are_inverse_to_counts(task):
    # Of 4 rows of 3 classes: 1 a, 2 b, 1 c.
    loss = task(loss={"class_weights": "balanced"}).resolved_options().loss
    assert loss.class_weights == pytest.approx((4 / 3, 2 / 3, 4 / 3))


def test_a_column_of_decimal_commas_is_told(task):
    with pytest.raises(DataError, match=r"Set options.source.decimal"):
        task('a,grade\n"1,5",x\n"2,5",y\n', split_column=None).resolved_options()
