"""What a client of a network for rows has to know besides its signatures. Needs no TensorFlow."""

from typing import Any

from models.tabular.shape import CATEGORIES, FLAGS, LOGITS, NUMBERS, PREDICTION, TableShape
from tasks.tabular.columns import PART_SIZES, TableColumns
from tasks.tabular.options import LabelOptions


def table_shape(columns: TableColumns, label: LabelOptions) -> TableShape:
    """Sizes of the model for complete columns and a complete label; see `tasks.tabular.transform.transform_rows`."""
    buckets = [column.buckets for column in columns.numeric.values() if column.is_bucketed]
    missing = columns.may_be_missing() - columns.categorical.keys() - columns.multivalent.keys()
    times = columns.timestamp.values()
    places = [(column.places, column.is_embedded) for column in columns.categorical.values()]
    places += [(cross.size, cross.is_embedded) for cross in columns.crosses]
    flags = [
        *buckets,
        *(PART_SIZES[part] for column in times for part in column.flag_parts),
        *(column.places for column in columns.multivalent.values()),
        *(size for size, is_embedded in places if not is_embedded),
    ]
    return TableShape(
        numbers=len(columns.numeric) - len(buckets) + sum(len(column.number_parts) for column in times),
        flags=sum(flags) + len(missing) + len(columns.boolean),
        categories=tuple(size for size, is_embedded in places if is_embedded),
        classes=len(label.classes),
    )


def input_sizes(shape: TableShape) -> dict[str, int]:
    """{input of the model: numbers of a row in it}."""
    sizes = {NUMBERS: shape.numbers, FLAGS: shape.flags, CATEGORIES: len(shape.categories)}
    return {name: size for name, size in sizes.items() if size}


def row_metadata(columns: TableColumns, label: LabelOptions) -> dict[str, Any]:
    """Inputs and outputs of the model in words, JSON-serializable."""
    shape = table_shape(columns, label)
    inputs = [
        f"{name}: {'int64' if name == CATEGORIES else 'float32'} [batch, {size}]"
        for name, size in input_sizes(shape).items()
    ]
    output = (
        f"{LOGITS}: float32 [batch, class]; the largest is the predicted class, softmax gives probabilities"
        if shape.classes
        else f"{PREDICTION}: float32 [batch, 1], in the label's units"
    )
    return {
        "input": f"{', '.join(inputs)}: what the signature transform_features makes of a row",
        "output": output,
        "label": label.column,
        "label_kind": label.kind,
        "columns": columns.kinds(),
    }
