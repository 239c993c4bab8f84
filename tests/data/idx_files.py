"""IDX files, packed by hand."""

import gzip
import struct
from pathlib import Path

import numpy as np


def packed(array: np.ndarray) -> bytes:
    """An array of uint8 as the format has it: two zeros, the type, the rank, the sizes, the values."""
    return struct.pack(f">HBB{array.ndim}I", 0, 0x08, array.ndim, *array.shape) + array.tobytes()


def write_dataset(folder: Path, *, train: int = 40, test: int = 10, classes: int = 2) -> None:
    """Images of 4x4 pixels, each filled with its index; labels in turn; the train files gzipped."""
    for prefix, count, is_zipped in (("train", train, True), ("t10k", test, False)):
        images = np.repeat(np.arange(count, dtype=np.uint8), 16).reshape(count, 4, 4)
        labels = (np.arange(count) % classes).astype(np.uint8)
        for what, array in (("images-idx3", images), ("labels-idx1", labels)):
            name = f"{prefix}-{what}-ubyte" + (".gz" if is_zipped else "")
            content = packed(array)
            (folder / name).write_bytes(gzip.compress(content) if is_zipped else content)
