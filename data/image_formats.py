"""Formats of image files, and the conversion of those that TensorFlow cannot decode."""

import io

# What TensorFlow decodes, by the bytes that such a file begins with.
_DECODED = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM")
# What Pillow reads in its place. When TFX 1.16 goes, WebP belongs to the formats above, if what serves the models
# decodes it too, as TensorFlow 2.21 does.
_CONVERTED = ("WEBP", "TIFF", "AVIF")
# Modes of pixels that a PNG file can hold, and others that are colours. Numbers of 32 bits are neither.
_PNG_MODES = frozenset({"1", "L", "LA", "I;16", "P", "RGB", "RGBA"})
_COLOURS = frozenset({"CMYK", "HSV", "LAB", "RGBX", "RGBa", "La", "PA", "YCbCr"})
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".avif"})


def to_decodable(content: bytes) -> bytes:
    """Converts an encoded WebP, TIFF or AVIF image to PNG, which TensorFlow can decode; others stay as they are.

    Of several frames the first is taken. Content that is no image also stays as it is, for `image_defect` to name.
    """
    if content.startswith(_DECODED):
        return content
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=_CONVERTED) as image:
            if image.mode not in _PNG_MODES | _COLOURS:
                return content
            pixels = image.convert("RGB") if image.mode in _COLOURS else image
            stream = io.BytesIO()
            pixels.save(stream, "png")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return content
    return stream.getvalue()
