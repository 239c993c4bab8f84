"""Networks of 3x3 convolutions and pooling, without shortcuts."""

from collections.abc import Sequence

import keras

from models.classifiers.classifier import check_size, classifier, pixels
from models.layers.convolution import Style, convolve, normalize


def vgg(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int,
    widths: Sequence[int],
    convolutions: int = 1,
    dropout: float = 0.0,
    style: Style | None = None,
) -> keras.Model:
    """A classifier of stages of 3x3 convolutions with a pooling that halves the image between two, one linear head.

    Each convolution is normalized, and a global average stands for the three dense layers of the paper.
    Source: Simonyan and Zisserman, "Very Deep Convolutional Networks", ICLR 2015, section 2.1.

    Args:
      image_shape: (height, width, channel) of an image.
      num_classes: number of logits.
      widths: channels of each stage.
      convolutions: number of convolutions of each stage.
      dropout: rate before the head.
      style: style of all convolutions.

    Returns:
      A model from `{"image": [batch, height, width, channel]}`, pixels in [0, 1], to `{"logits": [batch, class]}`.

    Raises:
      ValueError: the poolings would shrink the image below one pixel.
    """
    style = style or Style()
    check_size(image_shape, shrinks=2 ** (len(widths) - 1), what=f"Pooling between {len(widths)} stages")
    image, x = pixels(image_shape)
    for stage, filters in enumerate(widths):
        with keras.name_scope(f"stage_{stage}"):
            if stage > 0:
                x = keras.layers.MaxPooling2D(2)(x)
            for _ in range(convolutions):
                x = style.activate(normalize(convolve(x, style, filters=filters), style))
    return classifier(image, x, num_classes=num_classes, dropout=dropout, name="vgg")
