"""Training on what a layer inside the model puts out."""

import difflib

import keras


@keras.saving.register_keras_serializable(package="slipway")
class ProjectionHead(keras.layers.Layer):
    """Two dense layers on a layer's output, whose spatial or time axes are averaged first.

    Source: Chen et al., "A Simple Framework for Contrastive Learning", ICML 2020, section 2.1, g.
    """

    def __init__(self, *, hidden: int, dim: int, **kwargs: object) -> None:
        """Raises ValueError when a size is below one."""
        super().__init__(**kwargs)
        if hidden < 1 or dim < 1:
            raise ValueError(f"hidden and dim must be at least 1. Received: hidden={hidden}, dim={dim}")
        self.hidden = hidden
        self.dim = dim
        self._hidden = keras.layers.Dense(hidden, activation="relu")
        self._out = keras.layers.Dense(dim)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self._hidden.build((input_shape[0], input_shape[-1]))
        self._out.build((input_shape[0], self.hidden))

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """`[batch, ..., channel]` to `[batch, dim]`."""
        if len(x.shape) > 2:
            x = keras.ops.mean(x, axis=list(range(1, len(x.shape) - 1)))
        return self._out(self._hidden(x))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, int]:
        return input_shape[0], self.dim

    def get_config(self) -> dict:
        return {**super().get_config(), "hidden": self.hidden, "dim": self.dim}


def with_projection(
    model: keras.Model, *, layer: str, head: keras.layers.Layer, output: str = "projection"
) -> keras.Model:
    """A model with the same inputs, layers and weights, and `head` of a layer's output as one more output.

    The model that was given stays as it is: export that one, and the head is gone.

    Raises:
      ValueError: there is no such layer, or `output` is taken.
    """
    names = [candidate.name for candidate in model.layers]
    if layer not in names:
        close = difflib.get_close_matches(layer, names, n=5) or names[-5:]
        raise ValueError(f"The model must have the layer, such as {', '.join(close)}. Received: {layer!r}")
    if output in model.output:
        raise ValueError(f"The output must be new; the model has {', '.join(model.output)}. Received: {output!r}")
    return keras.Model(model.input, {**model.output, output: head(model.get_layer(layer).output)})
