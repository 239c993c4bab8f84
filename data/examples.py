"""Building tf.Examples and checking what is in them."""

from typing import TYPE_CHECKING

from etils import epath

from data.errors import DataError
from data.image_formats import to_decodable
from data.tensorflow_errors import plain_message

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


def labelled_image_file(path: epath.Path, label: int) -> "tf.train.Example | DataError":
    """See `labelled_image`, with the image of a file as TensorFlow can decode it; a DataError if it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        return DataError(f"an image must be readable ({error.strerror or error})")
    return labelled_image(to_decodable(content), label)


def image_defect(example: "tf.train.Example") -> str | None:
    """The reason why the feature `image` cannot be decoded, in one line; None if it can."""
    import tensorflow as tf

    values = example.features.feature["image"].bytes_list.value
    if len(values) != 1:
        return f"the feature `image` must hold one encoded image, it holds {len(values)}"
    try:
        tf.io.decode_image(values[0], expand_animations=False)
    except tf.errors.InvalidArgumentError as error:
        return plain_message(error)
    return None
