"""The parts that all classifiers share: before the first block and after the last."""

import keras

from models.layers.convolution import Style, convolve, normalize
from models.layers.normalization import BatchNormalization


def pixels(image_shape: tuple[int, int, int]) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The input named `image`, and the same normalized by its own statistics, so that clients send plain pixels."""
    image = keras.Input(image_shape, name="image")
    normalization = BatchNormalization(momentum=0.9, scale=False, center=False, name="input_normalization")
    return image, normalization(image)


def stem(x: keras.KerasTensor, style: Style, *, filters: int, stride: int) -> keras.KerasTensor:
    """The first convolution: 3x3 for strides 1 and 2; 7x7 and a pooling, each halving the image, for 4.

    Sources: He et al., "Deep Residual Learning", CVPR 2016, section 4.2 (CIFAR) and table 1 (ImageNet).
    """
    if stride < 4:
        return style.activate(normalize(convolve(x, style, filters=filters, strides=stride), style))
    x = style.activate(normalize(convolve(x, style, filters=filters, kernel_size=7, strides=2), style))
    return keras.layers.MaxPooling2D(3, strides=2, padding="same")(x)


def classifier(
    image: keras.KerasTensor, x: keras.KerasTensor, *, num_classes: int, dropout: float, name: str
) -> keras.Model:
    """Global average pooling (the layer `pooled`), dropout and one linear layer (`logits`), in float32 throughout.

    Args:
      image: the input.
      x: `[batch, height, width, channel]` or, already pooled, `[batch, channel]`.
      num_classes: number of logits.
      dropout: rate before the logits.
      name: name of the model.

    Returns:
      A model from `{"image": [batch, height, width, channel]}`, pixels in [0, 1], to `{"logits": [batch, class]}`.
    """
    if len(x.shape) == 4:
        x = keras.layers.GlobalAveragePooling2D(name="pooled")(x)
    x = keras.layers.Dropout(dropout)(x)
    logits = keras.layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return keras.Model({"image": image}, {"logits": logits}, name=name)


def check_size(image_shape: tuple[int, int, int], *, shrinks: int, what: str) -> None:
    """Raises ValueError where `what` would shrink the image below one pixel."""
    if min(image_shape[:2]) < shrinks:
        raise ValueError(
            f"{what} shrinks the image {shrinks} times, so that it must be at least {shrinks} pixels high and "
            f"wide. Received: image_shape={image_shape}. Name fewer stages, a smaller stem_stride or larger images."
        )
