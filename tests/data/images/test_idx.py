import gzip
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from data.errors import DataError
from data.images.idx import read_idx
from tests.data.idx_files import packed

ARRAYS = arrays.arrays(np.uint8, arrays.array_shapes(min_dims=1, max_dims=4, max_side=4))


@settings(max_examples=50)
@given(ARRAYS, st.booleans())
def test_reads_what_was_packed(tmp_path_factory, array, is_zipped):
    path = tmp_path_factory.mktemp("idx") / "file"
    path.write_bytes(gzip.compress(packed(array)) if is_zipped else packed(array))
    np.testing.assert_array_equal(read_idx(path), array)


def test_other_types_are_big_endian(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(struct.pack(">HBBI3i", 0, 0x0C, 1, 3, 1, -2, 70_000))
    assert read_idx(path).tolist() == [1, -2, 70_000]
    path.write_bytes(struct.pack(">HBBI2d", 0, 0x0E, 1, 2, 0.5, -1e9))
    assert read_idx(path).tolist() == [0.5, -1e9]


@settings(max_examples=50)
@given(ARRAYS, st.data())
def test_a_file_that_is_not_whole_is_refused(tmp_path_factory, array, data):
    content = packed(array)
    path = tmp_path_factory.mktemp("idx") / "file"
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(DataError, match="must be a whole IDX file"):
        read_idx(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PNG and so on", "begins with 50 4e 47 20"),
        (packed(np.zeros(3, np.uint8)) + b"more", r"15 bytes where the shape \(3,\) needs 11"),
        (gzip.compress(packed(np.zeros(100, np.uint8)), mtime=0)[:-12], "gzip file that breaks off"),
        (b"", "begins with nothing"),
    ],
)
def test_what_is_no_idx_file(tmp_path, content, message):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_idx(tmp_path / "file")
