import datetime

import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.forecasting.features import as_feature, as_rows, calendar, calendar_size, fill_gaps, naive_error

NAN = np.nan
HOUR, WEEK = 3600, 7 * 24 * 3600


def _filled(values, otherwise=9.0) -> list[float]:
    rows = tf.constant(np.reshape(values, (1, -1, 1)), tf.float32)
    return fill_gaps(rows, tf.constant([otherwise])).numpy()[0, :, 0].tolist()


def test_gaps_are_filled_from_before_else_from_after_else_by_the_mean():
    assert _filled([NAN, 1, NAN, NAN, 2, NAN]) == [1, 1, 1, 1, 2, 2]
    assert _filled([NAN, NAN, NAN]) == [9, 9, 9]


@settings(max_examples=30)
@given(st.lists(st.one_of(st.none(), st.integers(-5, 5)), min_size=1, max_size=40))
def test_a_gap_holds_the_nearest_value_before_it(values):
    rows = [NAN if value is None else float(value) for value in values]
    expected, last = [], next((row for row in rows if not np.isnan(row)), 9.0)
    for row in rows:
        last = last if np.isnan(row) else row
        expected.append(last)
    assert _filled(rows) == expected


def test_the_calendar_knows_the_hour_and_the_weekday():
    times = [int(datetime.datetime(2020, 1, day, 6, tzinfo=datetime.UTC).timestamp()) for day in (1, 8)]
    features = calendar(tf.constant(times, tf.int64), HOUR).numpy()
    assert features.shape == (2, calendar_size(HOUR)) == (2, 6)
    np.testing.assert_allclose(features[:, :2], [[1, 0]] * 2, atol=1e-6)  # a quarter of a day
    np.testing.assert_allclose(features[0, 2:4], features[1, 2:4], atol=1e-6)  # the same weekday
    assert np.abs(features[0, 4:] - features[1, 4:]).max() > 0.05  # a week later in the year


def test_cycles_no_longer_than_a_step_are_left_out():
    assert calendar(tf.zeros([3], tf.int64), WEEK).shape == (3, 2)


def test_rows_survive_being_a_feature():
    rows = tf.constant(np.arange(12.0).reshape(2, 3, 2), tf.float32)
    np.testing.assert_array_equal(as_rows(as_feature(rows), 2), rows)


def test_the_naive_error_by_hand():
    history = tf.constant([[[1.0], [2.0], [4.0], [NAN], [5.0]]])
    np.testing.assert_allclose(naive_error(history, 2), [[(3 + 1) / 2]])
    np.testing.assert_allclose(naive_error(history[:, 3:], 1), [[0]])
