"""Parts of dates against Python's own calendar."""

import datetime

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.tabular.times import date_part, part_flags

EARLIEST, LATEST = datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59)


def _parts(seconds: list[int], part: str) -> list[int]:
    return date_part(tf.constant(seconds, tf.int64), part).numpy().tolist()


@settings(max_examples=50)
@given(st.lists(st.datetimes(EARLIEST, LATEST), min_size=1, max_size=20))
def test_parts_are_those_of_the_calendar(times):
    seconds = [int((time - datetime.datetime(1970, 1, 1)) // datetime.timedelta(seconds=1)) for time in times]
    for part in ("year", "month", "day", "hour"):
        assert _parts(seconds, part) == [getattr(time, part) for time in times]
    assert _parts(seconds, "day_of_week") == [time.weekday() for time in times]


@pytest.mark.parametrize(("part", "place"), [("month", 1), ("day", 28), ("day_of_week", 3), ("hour", 23)])
def test_a_flag_for_each_value_and_none_for_no_time(part, place):
    # A Thursday, the 29th of February 2024, at 23:30.
    flags = part_flags(tf.constant([1_709_249_400, 0], tf.int64), tf.constant([True, False]), part).numpy()
    assert flags[0].sum() == 1
    assert flags[0].argmax() == place
    assert flags[1].sum() == 0
