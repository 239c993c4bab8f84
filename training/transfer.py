"""Starting from the weights of another model."""

import fnmatch
from collections.abc import Sequence

import keras


class TransferError(ValueError):
    """The weights of one model do not fit another."""

    title = "Wrong start"
    exit_code = 1


def transfer_weights(model: keras.Model, source: keras.Model, *, fresh: Sequence[str] = ()) -> list[str]:
    """Copies a trained model's weights into a new one, layer by layer in the order of computation.

    Layers are matched by their order, not by their names, which Keras counts up in each process.

    Args:
      model: whose weights are set.
      source: whose weights are taken; of the same architecture but for fresh layers.
      fresh: patterns of names of layers that keep the weights they have, such as `logits` where classes differ.

    Returns:
      The names of the layers that were set.

    Raises:
      TransferError: a pattern fits no layer, the models have different layers, or a layer other shapes. Nothing is set.
    """
    targets, sources = _weighted(model), _weighted(source)
    names = [layer.name for layer in targets]
    for pattern in fresh:
        if not fnmatch.filter(names, pattern):
            raise TransferError(
                f"A pattern of start.fresh must fit a layer that has weights ({', '.join(names[:4])}, …, {names[-1]}). "
                f"Received: {pattern!r}"
            )
    if len(targets) != len(sources):
        raise TransferError(
            f"The model that training starts from must have the same layers. Received: {len(sources)} layers with "
            f"weights, where this one has {len(targets)}. Give options.model as it was when that one was trained."
        )
    pairs = [
        (target, origin)
        for target, origin in zip(targets, sources, strict=True)
        if not any(fnmatch.fnmatchcase(target.name, pattern) for pattern in fresh)
    ]
    for target, origin in pairs:
        if _shapes(target) != _shapes(origin):
            raise TransferError(
                f"Layer {target.name} must have the shapes {_shapes(target)}. Received: {_shapes(origin)} in the model "
                f"that training starts from. Name the layer in start.fresh to train it anew, or give options.model as "
                f"it was."
            )
    for target, origin in pairs:
        target.set_weights(origin.get_weights())
    return [target.name for target, _ in pairs]


def _weighted(model: keras.Model) -> list[keras.Layer]:
    """Layers that have weights; a dropout's random state is none."""
    return [layer for layer in model.layers if layer.weights]


def _shapes(layer: keras.Layer) -> list[tuple[int, ...]]:
    return [tuple(weight.shape) for weight in layer.weights]
