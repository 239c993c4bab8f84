"""What options leave out, told by the table itself. Needs no TensorFlow."""

from collections import Counter
from collections.abc import Mapping
from typing import TypeVar

from data.did_you_mean import did_you_mean
from data.tables.examples import LABEL
from data.tables.survey import Survey
from data.tables.values import as_texts
from tasks.tabular.columns import (
    MAX_SIZE,
    BooleanColumn,
    CategoricalColumn,
    MultivalentColumn,
    NumericColumn,
    TableColumns,
    TimestampColumn,
)
from tasks.tabular.options import LabelKind, LabelOptions, TabularLossOptions, WrongTableError, check_loss

MAX_CLASSES = 1000

Column = TypeVar("Column", NumericColumn, CategoricalColumn, BooleanColumn, TimestampColumn)


def complete_label(label: LabelOptions, survey: Survey) -> LabelOptions:
    """The label with its kind and its classes.

    Raises:
      WrongTableError: the table has no such column, or it cannot be a label of this kind.
    """
    _check_columns(survey, [label.column], "options.label.column")
    if label.times is not None:
        _check_columns(survey, [label.times], "options.label.times")
    survey.kind(label.column)
    column = survey.columns[label.column]
    if label.above is not None:
        if not column.are_numbers:
            raise WrongTableError(
                f"label.above needs a column of numbers. Received: {label.column}, which holds "
                f"{next(iter(column.counts))!r} and the like. Name its classes, or another column."
            )
        return label.model_copy(update={"kind": "binary", "classes": label.classes or ("no", "yes")})
    kind: LabelKind | None = label.kind
    if kind is None:
        is_binary = len(label.classes or column.counts) == 2
        kind = "regression" if not column.is_of_classes() else "binary" if is_binary else "multi_class"
    if kind == "regression":
        return LabelOptions(column=label.column, kind=kind)
    classes = label.classes or column.classes()
    if len(classes) < 2 or len(classes) > MAX_CLASSES or (kind == "binary" and len(classes) != 2):
        raise WrongTableError(
            f"a label of kind {kind} must have {'2' if kind == 'binary' else f'2 to {MAX_CLASSES}'} classes. "
            f"Received: {len(classes)} in {label.column} ({', '.join(classes[:5])}{', …' if len(classes) > 5 else ''})."
            f" Name another label.kind or column."
        )
    return LabelOptions(column=label.column, kind=kind, classes=classes)


def complete_columns(columns: TableColumns, survey: Survey, *, hidden: tuple[str, ...]) -> TableColumns:
    """The columns with all that the table has, what they are, how many values they have and whether some are missing.

    A column that holds nothing at all is left out.

    Args:
      columns: those that the config names.
      survey: what the table holds.
      hidden: columns that a model must not see: of the label and of the split.

    Raises:
      WrongTableError: the table lacks columns that the config names, or there would be none.
      DataError: a column holds what a model cannot be given.
    """
    crossed = [name for cross in columns.crosses for name in cross.of]
    _check_columns(survey, [*columns.named(), *columns.left_out, *crossed], "options.columns")
    numeric, categorical, boolean = dict(columns.numeric), dict(columns.categorical), dict(columns.boolean)
    left_out = list(columns.left_out)
    for name in survey.columns if columns.others == "infer" else ():
        if name in columns.named() or name in left_out or name in hidden:
            continue
        kind = survey.kind(name)
        if kind is None:
            left_out.append(name)
        elif name == LABEL:
            raise WrongTableError(
                f"a column {LABEL} can only be the label: examples hold that under this name. Received: {LABEL} "
                f"beside the label. Rename the column, or name it in options.columns.left_out."
            )
        elif kind == "numeric":
            numeric[name] = NumericColumn()
        elif kind == "categorical":
            categorical[name] = CategoricalColumn()
        else:
            boolean[name] = BooleanColumn()
    told = columns.model_copy(update={"numeric": numeric, "categorical": categorical, "boolean": boolean})
    if not told.named():
        raise WrongTableError("a model must see one column at least. Received: none beside the label.")
    defect = told.cross_defect()
    if defect:
        raise WrongTableError(defect)
    return TableColumns(
        numeric={name: _with_missing(column, name, survey) for name, column in numeric.items()},
        categorical={
            name: _sized(_with_missing(column, name, survey), name, survey) for name, column in categorical.items()
        },
        boolean={name: _with_missing(column, name, survey) for name, column in boolean.items()},
        timestamp={name: _with_missing(column, name, survey) for name, column in columns.timestamp.items()},
        multivalent={name: _sized_bag(column, name, survey) for name, column in columns.multivalent.items()},
        crosses=columns.crosses,
        others="leave_out",
        left_out=tuple(left_out),
    )


def complete_loss(loss: TabularLossOptions, label: LabelOptions, survey: Survey) -> TabularLossOptions:
    """The loss with its kind and its weights as numbers: n / (k n_c), for n rows of k classes, n_c of this one.

    Raises:
      WrongTableError: it does not suit the label, or a class that is to be balanced has no rows.
    """
    check_loss(loss, label)
    if loss.class_weights != "balanced":
        return loss
    if label.above is not None:
        raise WrongTableError(
            "loss.class_weights: balanced counts the classes that the table holds. Received: a label with above, whose "
            "classes are not in it. Give the weights as numbers."
        )
    counts = [survey.columns[label.column].counts[name] for name in label.classes]
    if min(counts) == 0:
        raise WrongTableError(
            f"loss.class_weights: balanced needs rows of each class. Received: none of "
            f"{label.classes[counts.index(0)]} in {label.column}."
        )
    weights = tuple(sum(counts) / (len(counts) * count) for count in counts)
    return loss.model_copy(update={"class_weights": weights})


def _check_columns(survey: Survey, names: list[str], key: str) -> None:
    missing = [name for name in names if name not in survey.columns]
    if missing:
        raise WrongTableError(
            f"{key} must name columns of the table: {', '.join(survey.columns)}. Received: {missing[0]}."
            f"{did_you_mean(missing[0], survey.columns)}"
        )


def _with_missing(column: Column, name: str, survey: Survey) -> Column:
    if column.may_be_missing is not None:
        return column
    return column.model_copy(update={"may_be_missing": survey.columns[name].missing > 0})


def _sized(column: CategoricalColumn, name: str, survey: Survey) -> CategoricalColumn:
    if column.size is not None:
        return column
    return column.model_copy(update={"size": _size(survey.columns[name].counts, column.frequency_threshold)})


def _sized_bag(column: MultivalentColumn, name: str, survey: Survey) -> MultivalentColumn:
    if column.size is not None:
        return column
    counts: Counter[str] = Counter()
    for text, rows in survey.columns[name].counts.items():
        counts.update({part: rows * times for part, times in Counter(as_texts(text, column.delimiter)).items()})
    counts += survey.columns[name].elements
    return column.model_copy(update={"size": _size(counts, column.frequency_threshold)})


def _size(counts: Mapping[str, int], frequency_threshold: int) -> int:
    frequent = sum(count >= frequency_threshold for count in counts.values())
    return min(max(frequent, 1), MAX_SIZE)
