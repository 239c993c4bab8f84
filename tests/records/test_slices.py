import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_model_analysis.proto import metrics_for_slice_pb2

from records.slices import interval_column, interval_text, parsed_interval_column, slice_text


@pytest.mark.parametrize(
    ("value", "text"),
    [(17.9, "below 18"), (18, "[18, 30)"), (29.99, "[18, 30)"), (30, "[30, 65.5)"), (65.5, "65.5 and more")],
)
def test_a_boundary_is_in_the_upper_interval(value, text):
    assert interval_text(value, (18, 30, 65.5)) == text


@given(
    st.text(max_size=20),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, unique=True).map(sorted),
)
def test_a_column_holds_feature_and_boundaries_to_the_bit(feature, boundaries):
    assert parsed_interval_column(interval_column(feature, boundaries)) == (feature, tuple(boundaries))


def test_other_columns_are_no_intervals():
    assert parsed_interval_column("sold by intervals (days)") is None


def test_a_cross_is_called_by_all_its_features():
    key = metrics_for_slice_pb2.SliceKey()
    key.single_slice_keys.add(column=interval_column("age", [18, 30]), bytes_value=b"[18, 30)")
    key.single_slice_keys.add(column="label", int64_value=3)
    assert slice_text(key) == "age=[18, 30), label=3"
    assert slice_text(metrics_for_slice_pb2.SliceKey()) == ""
