"""The real digit scans as image files, below one folder a class."""

from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

MAX_INTENSITY = 16


def write_digits(folder: Path) -> None:
    """1,797 PNG images of 8 x 8 pixels."""
    digits = load_digits()
    for index, (image, label) in enumerate(zip(digits.images, digits.target, strict=True)):
        path = folder / str(label) / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.rint(image * (255 / MAX_INTENSITY)).astype(np.uint8)).save(path)
