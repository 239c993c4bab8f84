"""Raw features of an example as JSON, small enough to be shown."""

import base64
from collections.abc import Collection
from typing import Any

import numpy as np
import tensorflow as tf

from tasks.metric_values import feature_values

# A page shows many.
MAX_IMAGE_BYTES, THUMBNAIL_PIXELS = 20_000, 160
MAX_VALUES, MAX_IMAGES, MAX_TEXT = 4_096, 12, 200
# How files of the formats start that both TensorFlow and browsers read.
_STARTS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"BM": "bmp"}


def shown_features(serialized: bytes, *, without: Collection[str]) -> dict[str, Any]:
    """{name: values}: images as `{"image": type, "data": base64}`, several as a list of these; of numbers and texts the
    first.

    Args:
      serialized: a tf.Example.
      without: names of features to leave out.
    """
    features = tf.train.Example.FromString(serialized).features.feature
    return {name: _shown(feature_values(features[name])) for name in sorted(features) if name not in without}


def rounded(values: Any) -> tuple[float, ...]:
    """Numbers to six digits, the first MAX_VALUES of them; a NaN stays one. None of what are no numbers."""
    if np.asarray(values).dtype == object:
        return ()
    return tuple(float(f"{value:.6g}") for value in np.ravel(values)[:MAX_VALUES].astype(float))


def _shown(values: np.ndarray) -> Any:
    if values.dtype != object:
        return list(rounded(values))
    if len(values) and _image_type(values[0]):
        images = [_image(value) for value in values[:MAX_IMAGES]]
        return images[0] if len(images) == 1 else images
    return [value.decode("utf-8", "replace")[:MAX_TEXT] for value in values[:MAX_VALUES]]


def _image(content: bytes) -> dict[str, str]:
    kind = _image_type(content)
    if len(content) > MAX_IMAGE_BYTES:
        kind, content = "jpeg", _thumbnail(content)
    return {"image": kind, "data": base64.b64encode(content).decode()}


def _image_type(content: bytes) -> str:
    return next((kind for start, kind in _STARTS.items() if content.startswith(start)), "")


def _thumbnail(content: bytes) -> bytes:
    # Three channels, for JPEG has no transparency.
    pixels = tf.io.decode_image(content, channels=3, expand_animations=False)
    size = [THUMBNAIL_PIXELS, THUMBNAIL_PIXELS]
    small = tf.image.resize(pixels, size, preserve_aspect_ratio=True, antialias=True)
    encoded: bytes = tf.io.encode_jpeg(tf.cast(tf.clip_by_value(small, 0, 255), tf.uint8), quality=80).numpy()
    return encoded
