"""The picture of a confusion matrix."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

# In pixels, of a cell's side and of the whole matrix where the cells' bounds allow it.
LARGEST_CELL = 64
SMALLEST_CELL = 4
MATRIX = 640
# Smaller cells have no room for what stands in or beside them.
SMALLEST_CELL_WITH_COUNT = 28
SMALLEST_CELL_WITH_NAME = 12
LONGEST_NAME = 20
MARGIN = 6
SMALLEST_TEXT = 9
LARGEST_TEXT = 20
# The color of a whole label's examples in one cell.
BLUE = np.array([8, 48, 107])


Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def confusion_matrix_image(counts: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Draws a confusion matrix: labels down, predictions across, darker the larger the share of its label's examples.

    Cells without examples are left blank; with many classes all counts are, then names as well.

    Args:
      counts: integers `[label, prediction]`.
      names: of the classes; letters beyond ASCII show as boxes in the only font that is always there.

    Returns:
      `[height, width, channel]`, uint8, RGB.

    Raises:
      ValueError: `counts` is no square of as many classes as there are names.
    """
    if counts.shape != (len(names), len(names)) or not names:
        raise ValueError(
            f"counts must be [label, prediction] with a name for each class. "
            f"Received: shape {counts.shape}, {len(names)} names"
        )
    cell = max(SMALLEST_CELL, min(LARGEST_CELL, MATRIX // len(names)))
    side = cell * len(names)
    font = ImageFont.load_default(size=max(SMALLEST_TEXT, min(LARGEST_TEXT, cell - 3)))
    shown = [_shortened(name) for name in names] if cell >= SMALLEST_CELL_WITH_NAME else []
    title = int(font.getbbox("prediction")[3]) + 2 * MARGIN
    margin = title + max((int(font.getlength(name)) + MARGIN for name in shown), default=0)
    size = margin + max(side, int(font.getlength("prediction"))) + MARGIN
    image = Image.new("RGB", (size, size), "white")
    image.paste(_draw_cells(counts, cell), (margin, margin))
    draw = ImageDraw.Draw(image)
    draw.rectangle((margin - 1, margin - 1, margin + side, margin + side), outline="gray")
    draw.text((margin + side / 2, MARGIN), "prediction", fill="black", font=font, anchor="ma")
    _draw_upright(image, "label", font, center=title // 2, bottom=margin + (side + int(font.getlength("label"))) // 2)
    for index, name in enumerate(shown):
        center = margin + cell * index + cell // 2
        draw.text((margin - MARGIN, center), name, fill="black", font=font, anchor="rm")
        _draw_upright(image, name, font, center=center, bottom=margin - MARGIN)
    return np.asarray(image)


def _draw_cells(counts: np.ndarray, cell: int) -> Image.Image:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    colors = np.asarray(255 + shares[..., None] * (BLUE - 255.0), np.uint8)
    side = cell * len(counts)
    image = Image.fromarray(colors).resize((side, side), Image.Resampling.NEAREST)
    if cell >= SMALLEST_CELL_WITH_COUNT:
        draw = ImageDraw.Draw(image)
        # Four characters are about two of its sizes wide.
        font = ImageFont.load_default(size=min(LARGEST_TEXT, (cell - 4) // 2))
        for label, prediction in np.argwhere(counts):
            center = (cell * (prediction + 0.5), cell * (label + 0.5))
            fill = "white" if shares[label, prediction] > 0.5 else "black"
            draw.text(center, _compact(int(counts[label, prediction])), fill=fill, font=font, anchor="mm")
    return image


def _draw_upright(image: Image.Image, text: str, font: Font, *, center: int, bottom: int) -> None:
    """Draws text that reads from bottom to top, around the column `center`, its end at the row `bottom`."""
    _, top, right, low = (int(edge) for edge in font.getbbox(text))
    strip = Image.new("L", (right + 1, low + 1))
    ImageDraw.Draw(strip).text((0, 0), text, fill=255, font=font)
    strip = strip.transpose(Image.Transpose.ROTATE_90)
    image.paste("black", (center - (low + top) // 2, bottom - strip.height), strip)


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _compact(count: int) -> str:
    """At most four characters: 999, 1.2k, 12k, 3.4M."""
    for bound, unit in ((1_000_000, "M"), (1_000, "k")):
        if count >= bound:
            scaled = count / bound
            return f"{scaled:.1f}{unit}" if scaled < 10 else f"{scaled:.0f}{unit}"
    return str(count)
