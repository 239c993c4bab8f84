"""What a network for rows minimizes."""

from collections.abc import Callable, Mapping
from typing import Any

from models.tabular.shape import LOGITS, PREDICTION
from tasks.tabular.options import LabelKind, TabularLossOptions
from training.losses import loss
from training.objective import SupervisedObjective


def tabular_objective(
    options: TabularLossOptions,
    kind: LabelKind,
    *,
    example_metric: Callable[[Any, Mapping[str, Any]], Any],
) -> SupervisedObjective:
    """The objective of `(inputs, targets)`: targets `label` `[batch]`, of numbers `scale` `[batch, 1]`, and where rows
    have weights `weight` `[batch]`, which multiplies the loss.

    Args:
      options: options of the loss, whose class weights are numbers.
      kind: kind of the label.
      example_metric: maps targets and outputs to the first metric of each example, `[example]`.
    """
    if kind == "regression":
        of_number = loss(options.kind or "mse")

        def in_deviations(targets: Mapping[str, Any], outputs: Mapping[str, Any]) -> Any:
            scale = targets["scale"]
            return of_number(targets["label"][:, None] / scale, outputs[PREDICTION] / scale)

        return SupervisedObjective(loss=_weighted(in_deviations), metrics={"mae": example_metric})
    name = options.kind or "cross_entropy"
    shape = {"label_smoothing": options.label_smoothing} if name == "cross_entropy" else {"gamma": options.gamma}
    of_class = loss(name, label_weights=options.class_weights, **shape)
    return SupervisedObjective(
        loss=_weighted(lambda targets, outputs: of_class(targets["label"], outputs[LOGITS])),
        metrics={"accuracy": example_metric},
    )


def _weighted(loss: Callable[[Any, Mapping[str, Any]], Any]) -> Callable[[Any, Mapping[str, Any]], Any]:
    def multiplied(targets: Mapping[str, Any], outputs: Mapping[str, Any]) -> Any:
        losses = loss(targets, outputs)
        return losses * targets["weight"] if "weight" in targets else losses

    return multiplied
