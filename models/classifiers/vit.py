"""A small vision transformer."""

import keras

from models.classifiers.classifier import classifier, pixels
from models.layers.positions import PositionEmbedding
from models.layers.stochastic_depth import drop_path, drop_rates


def patch_embedding(x: keras.KerasTensor, *, patch: int, dim: int) -> keras.KerasTensor:
    """Cuts the image into square patches and maps each linearly (Dosovitskiy et al., equation 1).

    Args:
      x: `[batch, height, width, channel]`, height and width multiples of `patch`.
      patch: height and width of a square, in pixels.
      dim: size of the vector that a patch becomes.

    Returns:
      `[batch, token, dim]`, squares row by row.

    Raises:
      ValueError: the image cannot be cut into whole squares.
    """
    height, width = x.shape[1:3]
    if height % patch or width % patch:
        raise ValueError(
            f"An image must divide into patches. Received: {height}x{width} pixels, patches of {patch}x{patch}. Choose "
            f"another patch, or resize the images."
        )
    x = keras.layers.Conv2D(dim, patch, strides=patch)(x)
    return keras.layers.Reshape((height // patch * (width // patch), dim))(x)


def transformer_block(
    x: keras.KerasTensor, *, heads: int, mlp_ratio: int = 4, dropout: float = 0.0, drop_rate: float = 0.0
) -> keras.KerasTensor:
    """Attention and a perceptron, each after a normalization and added to what it took (the same, equations 2 and 3).

    Args:
      x: `[batch, token, dim]`.
      heads: number of attention heads; dim is a multiple.
      mlp_ratio: hidden units of the perceptron, over dim.
      dropout: rate after the perceptron's layers and on the attention's weights.
      drop_rate: chance that a branch is dropped for an example, in training.

    Returns:
      `[batch, token, dim]`.

    Raises:
      ValueError: dim is no multiple of heads.
    """
    dim = x.shape[-1]
    if dim % heads:
        raise ValueError(f"dim must be a multiple of heads. Received: dim={dim}, heads={heads}")
    branch = keras.layers.LayerNormalization(epsilon=1e-6)(x)
    branch = keras.layers.MultiHeadAttention(heads, dim // heads, dropout=dropout)(branch, branch)
    x = keras.layers.Add()([x, drop_path(branch, rate=drop_rate)])
    branch = keras.layers.LayerNormalization(epsilon=1e-6)(x)
    branch = keras.layers.Dense(mlp_ratio * dim, activation="gelu")(branch)
    branch = keras.layers.Dense(dim)(keras.layers.Dropout(dropout)(branch))
    return keras.layers.Add()([x, drop_path(keras.layers.Dropout(dropout)(branch), rate=drop_rate)])


def vit(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    patch: int = 4,
    dim: int = 64,
    depth: int = 4,
    heads: int = 4,
    mlp_ratio: int = 2,
    drop_rate: float = 0.0,
    dropout: float = 0.0,
) -> keras.Model:
    """A vision transformer whose tokens are averaged, rather than one of their own asked (the same, appendix D.3).

    Args:
      image_shape: (height, width, channel) of an image.
      num_classes: number of logits.
      patch: see `patch_embedding`.
      dim: size of a token.
      depth: number of blocks.
      heads: see `transformer_block`.
      mlp_ratio: see `transformer_block`.
      drop_rate: stochastic depth of the last block.
      dropout: rate in the blocks and before the head.

    Raises:
      ValueError: see `patch_embedding` and `transformer_block`.
    """
    image, x = pixels(image_shape)
    with keras.name_scope("stem"):
        x = PositionEmbedding()(patch_embedding(x, patch=patch, dim=dim))
    for number, rate in enumerate(drop_rates(drop_rate, depth)):
        with keras.name_scope(f"block_{number}"):
            x = transformer_block(x, heads=heads, mlp_ratio=mlp_ratio, dropout=dropout, drop_rate=rate)
    with keras.name_scope("last"):
        x = keras.layers.LayerNormalization(epsilon=1e-6)(x)
    x = keras.layers.GlobalAveragePooling1D(name="pooled")(x)
    return classifier(image, x, num_classes=num_classes, dropout=dropout, name="vit")
