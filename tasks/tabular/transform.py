"""What Transform makes of rows; its graph is exported with the model."""

from collections.abc import Hashable, Mapping

import tensorflow as tf

from data.tables.examples import LABEL
from models.tabular.shape import CATEGORIES, FLAGS, NUMBERS
from tasks.tabular.columns import NumericColumn, TableColumns
from tasks.tabular.fields import Field, as_flag, read_field
from tasks.tabular.numbers import NumberStatistics, bucketed, fit_numbers, scaled, standardized
from tasks.tabular.places import bag, crossed, place
from tasks.tabular.times import date_part, part_flags

Inputs = Mapping[str, tf.Tensor | tf.SparseTensor]


def transform_rows(
    inputs: Inputs, columns: TableColumns, *, is_regression: bool, weight: str | None = None
) -> dict[str, tf.Tensor]:
    """Transformed features: the inputs of a model, see `models.tabular.shape.TableShape`, and the label.

    Of a regression also `location` and `scale`, `[batch, 1]`: mean and deviation of the train split's labels. Where
    rows have weights, `weight` `[batch]`, of which the train split's mean is one.

    Args:
      inputs: raw features.
      columns: all columns, complete.
      is_regression: whether the label is a number.
      weight: raw feature of the rows' weights.
    """
    fields = _fields(inputs, columns)
    label = tf.reshape(inputs[LABEL], [-1])
    parts: dict[Hashable, tf.Tensor] = {
        (name, part): _part_number(fields[name], date_part(fields[name].values, part))
        for name, column in columns.timestamp.items()
        for part in column.number_parts
    }
    others = dict(parts)
    if is_regression:
        others[LABEL] = label
    if weight is not None:
        others[weight] = tf.reshape(inputs[weight], [-1])
    statistics = fit_numbers({name: fields[name] for name in columns.numeric}, columns.numeric, others)
    features = _model_inputs(inputs, columns, fields, parts, statistics)
    features[LABEL] = label
    if is_regression:
        whole, moments = tf.zeros_like(label)[:, None], statistics.moments[LABEL]
        features |= {"location": whole + moments.location, "scale": whole + moments.scale}
    if weight is not None:
        features["weight"] = tf.math.divide_no_nan(others[weight], statistics.moments[weight].location)
    return features


def _fields(inputs: Inputs, columns: TableColumns) -> dict[str, Field]:
    fields = {name: _number(inputs[name], numeric) for name, numeric in columns.numeric.items()}
    for name in (*columns.boolean, *columns.timestamp):
        fields[name] = read_field(inputs[name], tf.constant(0, tf.int64))
    for name in columns.categorical:
        fields[name] = read_field(inputs[name], tf.constant(""))
    return fields


def _model_inputs(
    inputs: Inputs,
    columns: TableColumns,
    fields: Mapping[str, Field],
    parts: Mapping[Hashable, tf.Tensor],
    statistics: NumberStatistics,
) -> dict[str, tf.Tensor]:
    numbers, flags, places = [], [], []
    for name, numeric in columns.numeric.items():
        if numeric.is_bucketed:
            flags.append(bucketed(name, fields[name], numeric, statistics))
        else:
            numbers.append(scaled(name, fields[name], numeric, statistics)[:, None])
        flags += _missing(fields[name], numeric.may_be_missing)
    for name, boolean in columns.boolean.items():
        flags.append(as_flag((fields[name].values != 0) & fields[name].is_there))
        flags += _missing(fields[name], boolean.may_be_missing)
    for name, timestamp in columns.timestamp.items():
        keys = [(name, part) for part in timestamp.number_parts]
        numbers += [standardized(parts[key], statistics.moments[key])[:, None] for key in keys]
        flags += [part_flags(fields[name].values, fields[name].is_there, part) for part in timestamp.flag_parts]
        flags += _missing(fields[name], timestamp.may_be_missing)
    for name, categorical in columns.categorical.items():
        places.append((place(fields[name], categorical), categorical.places, categorical.is_embedded))
    for cross in columns.crosses:
        places.append((crossed(cross, columns, fields, statistics), cross.size, cross.is_embedded))
    flags += [bag(inputs[name], multivalent) for name, multivalent in columns.multivalent.items()]
    categories, offset = [], 0
    for place_of_row, size, is_embedded in places:
        if is_embedded:
            categories.append(place_of_row[:, None] + offset)
            offset += size
        else:
            flags.append(tf.one_hot(place_of_row, size))
    found = {NUMBERS: numbers, FLAGS: flags, CATEGORIES: categories}
    return {name: tf.concat(tensors, axis=1) for name, tensors in found.items() if tensors}


def _number(column: tf.Tensor | tf.SparseTensor, options: NumericColumn) -> Field:
    field = read_field(column, tf.constant(0.0))
    return Field(field.values, field.is_there & ~tf.math.is_nan(field.values)) if options.may_be_missing else field


def _part_number(field: Field, part: tf.Tensor) -> tf.Tensor:
    return tf.where(field.is_there, tf.cast(part, tf.float32), float("nan"))


def _missing(field: Field, may_be_missing: bool | None) -> list[tf.Tensor]:
    return [as_flag(~field.is_there)] if may_be_missing else []
