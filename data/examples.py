"""Building tf.Examples and checking what is in them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tensorflow as tf


def labelled_image(image: bytes, label: int) -> "tf.train.Example":
    """An example with the features `image` (encoded bytes) and `label` (index of the class)."""
    import tensorflow as tf

    return tf.train.Example(
        features=tf.train.Features(
            feature={
                "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[image])),
                "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
            }
        )
    )


def image_defect(example: "tf.train.Example") -> str | None:
    """What keeps the feature `image` from being decoded, in one line; None if nothing does."""
    import tensorflow as tf

    values = example.features.feature["image"].bytes_list.value
    if len(values) != 1:
        return f"the feature `image` must hold one encoded image, it holds {len(values)}"
    try:
        tf.io.decode_image(values[0], expand_animations=False)
    except tf.errors.InvalidArgumentError as error:
        return str(error.message).split("[Op:")[0].strip().splitlines()[0]
    return None
