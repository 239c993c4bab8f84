from hypothesis import given
from hypothesis import strategies as st

from data.series.segments import train_segments


@given(rows=st.integers(1, 400), window=st.integers(1, 60))
def test_segments_hold_every_window_once(rows, window):
    segments = train_segments(rows, window=window)
    begins = [segment.start + offset for segment in segments for offset in range(segment.windows)]
    assert begins == list(range(rows - window + 1))
    assert len({segment.length for segment in segments}) <= 1
    assert all(segment.windows + window - 1 <= segment.length for segment in segments)


@given(rows=st.integers(1, 2000), window=st.integers(1, 60))
def test_segments_take_at_most_twice_the_series(rows, window):
    assert sum(segment.length for segment in train_segments(rows, window=window)) <= 2 * rows


@given(rows=st.integers(1, 400), window=st.integers(1, 60))
def test_each_row_belongs_to_one_segment(rows, window):
    own = [s.start + offset for s in train_segments(rows, window=window) for offset in range(s.rows)]
    assert own == (list(range(rows)) if rows >= window else [])
