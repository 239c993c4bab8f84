"""Options of tables. Needs no TensorFlow."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from data.tables.examples import LABEL
from data.tables.source import TableSource
from models.tabular.options import MLPOptions, TableNetwork
from tasks.options import TaskOptions
from tasks.tabular.columns import TableColumns

LabelKind = Literal["binary", "multi_class", "regression"]


class LabelOptions(TaskOptions):
    """What is predicted."""

    column: str = Field(description="Column of the label.")
    kind: LabelKind | None = Field(
        None,
        description="Default: regression for numbers with decimals or of more than 20 values; else binary or "
        "multi_class.",
    )
    classes: tuple[str, ...] = Field(
        (),
        description="Names of the classes as the column has them, of two the positive one last; empty: those in the "
        "table, sorted.",
    )
    above: float | None = Field(
        None,
        description="Makes two classes of a column of numbers: whether it is larger than this. The classes are no and "
        "yes unless `classes` names them.",
    )
    times: str | None = Field(
        None,
        description="Column whose number `above` is multiplied by: {column: tips, above: 0.2, times: fare} asks for "
        "tips above a fifth of the fare.",
    )

    @model_validator(mode="after")
    def _fit_together(self) -> LabelOptions:
        if self.times is not None and self.above is None:
            raise ValueError(f"times multiplies above, which must be given. Received: times={self.times}")
        if self.above is not None and (self.kind not in (None, "binary") or len(self.classes) not in (0, 2)):
            raise ValueError(
                f"above makes a binary label of two classes. Received: kind={self.kind}, classes={list(self.classes)}"
            )
        count = len(self.classes)
        allowed = {"binary": count in (0, 2), "multi_class": count != 1, "regression": count == 0}
        if not (allowed[self.kind] if self.kind else count != 1) or len(set(self.classes)) < count:
            raise ValueError(
                f"classes must be two of a binary label, two different ones or more of multi_class, and none of "
                f"regression. Received: {list(self.classes)}, kind={self.kind}"
            )
        return self

    @property
    def told_kind(self) -> LabelKind | None:
        """The kind, as far as it is known without the table."""
        return self.kind if self.above is None else "binary"

    def is_complete(self) -> bool:
        """Whether nothing is left for the table to tell."""
        return self.kind == "regression" or (self.kind is not None and bool(self.classes))


class TabularLossOptions(TaskOptions):
    """What training minimizes."""

    kind: Literal["cross_entropy", "focal", "mse", "mae", "huber"] | None = Field(
        None,
        description="Of classes cross_entropy or focal, of numbers mse, mae or huber, in which labels have deviation "
        "1; default: the first.",
    )
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="Label smoothing of cross_entropy.")
    gamma: float = Field(2.0, ge=0, description="Exponent of the focal loss.")
    class_weights: tuple[Annotated[float, Field(ge=0)], ...] | Literal["balanced"] | None = Field(
        None,
        description="Weight of each class; balanced: inversely as many as its rows in the table, so that all classes "
        "weigh alike.",
    )


class TabularOptions(TaskOptions):
    """Options of Tabular."""

    source: TableSource = Field(description="Where rows come from.")
    label: LabelOptions
    columns: TableColumns = Field(
        default_factory=TableColumns, description="Which column is what; what is left out, the table tells."
    )
    model: TableNetwork = Field(default_factory=lambda: MLPOptions(kind="mlp"), description="The network.")
    loss: TabularLossOptions = Field(default_factory=TabularLossOptions)
    threshold: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Probability from which precision, recall and f1 take a row for positive, of two classes; default: "
        "0.5, as accuracy and class_id do.",
    )
    weight_column: str | None = Field(
        None,
        description="Column of what each row weighs in training, 0 or larger, over the train split's mean. Metrics "
        "count rows alike.",
    )

    @model_validator(mode="after")
    def _fit_together(self) -> TabularOptions:
        named = self.columns.named()
        if self.label.column in named:
            raise ValueError(
                f"options.columns must not have the label, or a model would see it. Received: {self.label.column}"
            )
        if self.weight_column in (*named, self.label.column, LABEL):
            raise ValueError(
                f"weight_column must be a column of its own, which a model does not see. Received: {self.weight_column}"
            )
        if LABEL in named:
            raise ValueError(
                f"a column {LABEL} can only be the label: examples hold that under this name. Received: {LABEL} in "
                f"options.columns. Rename the column or leave it out."
            )
        if self.label.told_kind is not None:
            check_loss(self.loss, self.label)
            check_threshold(self.threshold, self.label)
        return self


class WrongTableError(ValueError):
    """Options that do not suit the table."""

    title = "Wrong config"
    exit_code = 2


def check_threshold(threshold: float | None, label: LabelOptions) -> None:
    """Raises WrongTableError for a threshold where there is nothing to decide."""
    if threshold is not None and label.told_kind != "binary":
        raise WrongTableError(f"threshold is for a label of two classes. Received: label.kind={label.told_kind}")


def check_loss(loss: TabularLossOptions, label: LabelOptions) -> None:
    """Raises WrongTableError where a loss does not suit the label."""
    is_number = label.told_kind == "regression"
    if loss.kind is not None and (loss.kind in ("mse", "mae", "huber")) != is_number:
        raise WrongTableError(
            f"loss.kind must be {'mse, mae or huber' if is_number else 'cross_entropy or focal'} where the label is "
            f"{'a number' if is_number else 'a class'}. Received: {loss.kind}, label.kind={label.told_kind}"
        )
    if loss.class_weights is None:
        return
    if is_number:
        raise WrongTableError("loss.class_weights are for labels that are classes. Received: label.kind=regression")
    if loss.class_weights != "balanced" and label.classes and len(loss.class_weights) != len(label.classes):
        raise WrongTableError(
            f"loss.class_weights must hold one weight for each of the {len(label.classes)} classes. "
            f"Received: {len(loss.class_weights)}"
        )
