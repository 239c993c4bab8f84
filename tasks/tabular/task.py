"""A row of a table in, a class or a number out."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from data.tables.examples import LABEL, TableExamples, Threshold
from data.tables.files import TableFiles
from data.tables.source import TableSource
from data.unreadable import Unreadable
from models.tabular.shape import LOGITS, PREDICTION, UNITS
from tasks.base import EvalMetric, Task
from tasks.tabular.columns import TableColumns
from tasks.tabular.metadata import input_sizes, row_metadata, table_shape
from tasks.tabular.metrics import PREDICTION_KEYS, table_metrics
from tasks.tabular.options import LabelKind, LabelOptions, TabularLossOptions, TabularOptions, check_threshold

if TYPE_CHECKING:
    import keras
    import tensorflow as tf
    from tensorflow_metadata.proto.v0 import schema_pb2

    from compression.recipe import DistillationOptions
    from data.tables.survey import Survey
    from training.objective import Objective


class Tabular(Task):
    """Raw features: the table's columns, see `data.tables.examples.TableExamples`. Model: see `TableShape`."""

    Options = TabularOptions
    label_key = LABEL
    reads: ClassVar = {
        "source": ("source", "label", "columns", "weight_column"),
        "schema": ("label", "columns", "weight_column"),
        "preprocessing": ("label", "columns", "weight_column"),
        "training": ("label", "columns", "model", "loss", "weight_column"),
        "evaluation": ("label", "threshold"),
        "serving": ("label", "columns", "weight_column"),
    }
    refused_changes: ClassVar[Mapping[str, str]] = {}
    compared_metadata = ("label", "label_kind")
    options: TabularOptions

    @property
    def prediction_key(self) -> str:  # type: ignore[override]
        """Depends on the kind of the label."""
        return PREDICTION_KEYS[self._kind]

    @property
    def evaluation_keys(self) -> tuple[str, ...]:  # type: ignore[override]
        """The column of weights, which clients do not send."""
        return () if self.options.weight_column is None else (self.options.weight_column,)

    @functools.cached_property
    def _table(self) -> TableSource:
        """The table, with the spans that are read where it comes in spans."""
        source = self.options.source
        return source.with_spans() if isinstance(source, TableFiles) else source

    @functools.cached_property
    def label(self) -> LabelOptions:
        """The label, with what the table tells of it."""
        label = self.options.label
        if label.is_complete():
            return label
        from tasks.tabular.inference import complete_label

        return complete_label(label, self._survey())

    @functools.cached_property
    def columns(self) -> TableColumns:
        """The columns, with what the table tells of them."""
        columns = self.options.columns
        if columns.is_complete():
            return columns
        from tasks.tabular.inference import complete_columns

        source = self._table
        split = source.split_column if isinstance(source, TableFiles) else None
        hidden = tuple(filter(None, (self.options.label.column, split, self.options.weight_column)))
        return complete_columns(columns, self._survey(), hidden=hidden)

    def resolved_options(self) -> TabularOptions:
        check_threshold(self.options.threshold, self.label)
        told = {"source": self._table, "label": self.label, "columns": self.columns, "loss": self._loss()}
        return self.options.model_copy(update=told)

    def source(self) -> TableExamples:
        return TableExamples(
            table=self._table,
            kinds=self.columns.kinds(),
            may_be_missing=self.columns.may_be_missing(),
            label=self.label.column,
            classes=self.label.classes,
            notations=self.columns.notations(),
            weight=self.options.weight_column or "",
            threshold=None if self.label.above is None else Threshold(self.label.above, self.label.times),
        )

    def allowed_unreadable(self) -> float:
        source = self.options.source
        return source.allowed_unreadable() if isinstance(source, Unreadable) else 0.0

    def labels(self) -> tuple[str, ...]:
        return self.label.classes

    def schema(self) -> schema_pb2.Schema:
        from tasks.tabular.schema import row_schema

        return row_schema(self.columns, self.label.classes, weight=self.options.weight_column)

    def preprocessing_fn(self, inputs: Mapping[str, tf.Tensor | tf.SparseTensor]) -> dict[str, tf.Tensor]:
        from tasks.tabular.transform import transform_rows

        return transform_rows(
            inputs,
            self.columns,
            is_regression=self._kind == "regression",
            weight=self.options.weight_column,
        )

    def model(self) -> keras.Model:
        return self.options.model.build(table_shape(self.columns, self.label))

    def interface(self) -> dict[str, Any]:
        return {"label": self.label.model_dump(mode="json"), "columns": self.columns.model_dump(mode="json")}

    def with_train_statistics(
        self, model: keras.Model, files: Sequence[str], *, feature_spec: Mapping[str, Any]
    ) -> keras.Model:
        if self._kind == "regression":
            from training.input import read_examples

            batches = read_examples(files, feature_spec=feature_spec, batch_size=1, to_batch=lambda features: features)
            [first] = batches.take(1)
            location, scale = (first[name].numpy()[0] for name in ("location", "scale"))
            model.get_layer(UNITS).set(location=location, scale=scale)
        return model

    def exported_model(self, model: keras.Model) -> keras.Model:
        from models.graph.folding import fold

        return fold(model)

    def to_batch(self, features: dict[str, tf.Tensor]) -> Any:
        targets = {name: features[name] for name in (LABEL, "scale", "weight") if name in features}
        return self.model_inputs(features), targets

    def objective(self) -> Objective:
        from tasks.tabular.objective import tabular_objective

        return tabular_objective(self._loss(), self._kind, example_metric=self.example_metric)

    def distillation_objective(self, teacher: keras.Model, options: DistillationOptions) -> Objective:
        from compression.changes.distillation import DistillationObjective
        from training.losses import Distillation, loss

        if self._kind == "regression":
            scale, squares = teacher.get_layer(UNITS).scale.numpy(), loss("mse")
            distance: Any = lambda theirs, ours: squares(theirs[PREDICTION] / scale, ours[PREDICTION] / scale)  # noqa: E731
        else:
            softened = Distillation(temperature=options.temperature)
            distance = lambda theirs, ours: softened(theirs[LOGITS], ours[LOGITS])  # noqa: E731
        return DistillationObjective(self.objective(), teacher=teacher, loss=distance, weight=options.weight)

    def metrics(self) -> tuple[EvalMetric, ...]:
        return table_metrics(self._kind, self.options.threshold)

    def example_metric(self, targets: Any, outputs: Mapping[str, Any]) -> Any:
        from keras import ops

        if self._kind == "regression":
            return ops.abs(targets[LABEL] - outputs[PREDICTION][:, 0])
        predicted = self.as_targets(outputs)[LABEL]
        return ops.cast(predicted == ops.cast(targets[LABEL], predicted.dtype), "float32")

    def as_targets(self, outputs: Mapping[str, Any]) -> dict[str, Any]:
        from keras import ops

        if self._kind == "regression":
            return {LABEL: outputs[PREDICTION][:, 0], "scale": ops.ones_like(outputs[PREDICTION])}
        return {LABEL: ops.argmax(outputs[LOGITS], axis=-1)}

    def model_inputs(self, features: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return {name: features[name] for name in input_sizes(table_shape(self.columns, self.label))}

    def predictions(self, outputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        import tensorflow as tf

        if self._kind == "regression":
            return {PREDICTION: outputs[PREDICTION]}
        probabilities = tf.nn.softmax(outputs[LOGITS])
        class_id = tf.argmax(outputs[LOGITS], axis=-1)
        found = {
            LOGITS: outputs[LOGITS],
            "probabilities": probabilities,
            "class_id": class_id,
            "class_name": tf.gather(tf.constant(self.labels()), class_id),
        }
        # Of the positive class.
        return {**found, "probability": probabilities[:, 1:]} if self._kind == "binary" else found

    def serving_metadata(self) -> dict[str, Any]:
        return row_metadata(self.columns, self.label)

    @property
    def _kind(self) -> LabelKind:
        # Which metrics there are is known without the table where the config has the kind.
        kind = self.options.label.told_kind or self.label.kind
        assert kind is not None
        return kind

    def _loss(self) -> TabularLossOptions:
        loss = self.options.loss
        if loss.class_weights != "balanced":
            from tasks.tabular.options import check_loss

            check_loss(loss, self.label)
            return loss
        from tasks.tabular.inference import complete_loss

        return complete_loss(loss, self.label, self._survey())

    def _survey(self) -> Survey:
        from data.tables.survey import survey

        return survey(self._table)
