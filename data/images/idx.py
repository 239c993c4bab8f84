"""IDX files, as MNIST and its successors come: one file of images and one of labels for each split.

Source of the format: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", section "File formats".
"""

import gzip
import zlib

import numpy as np
from etils import epath

from data.errors import DataError

_GZIP = b"\x1f\x8b"
_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: epath.Path) -> np.ndarray:
    """The array in an IDX file, gzipped or not.

    Raises:
      DataError: it is no IDX file, or not a whole one.
    """
    content = path.read_bytes()
    if content.startswith(_GZIP):
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise _not_idx(path, f"a gzip file that breaks off or is damaged ({error})") from None
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _TYPES:
        raise _not_idx(path, f"a file that begins with {content[:4].hex(' ') or 'nothing'}")
    rank = content[3]
    header = 4 + 4 * rank
    if len(content) < header:
        raise _not_idx(path, f"a file of {len(content)} bytes that ends inside its header")
    shape = tuple(int(size) for size in np.frombuffer(content, ">i4", count=rank, offset=4))
    dtype = np.dtype(_TYPES[content[2]])
    expected = header + int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if min(shape, default=0) < 0 or len(content) != expected:
        raise _not_idx(path, f"{len(content)} bytes where the shape {shape} needs {expected}")
    return np.frombuffer(content, dtype, offset=header).reshape(shape)


def _not_idx(path: epath.Path, what: str) -> DataError:
    return DataError(f"{path} must be a whole IDX file. Received: {what}. Fetch or copy it again.")
