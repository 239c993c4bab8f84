"""Parts of dates, computed in a graph."""

from typing import NamedTuple

import tensorflow as tf

from tasks.tabular.columns import PART_SIZES, DatePart

DAY_SECS = 86_400
# What is subtracted, so that a part counts from 0.
_FIRST = {"month": 1, "day": 1}


class _Date(NamedTuple):
    year: tf.Tensor
    month: tf.Tensor
    day: tf.Tensor


def date_part(seconds: tf.Tensor, part: DatePart) -> tf.Tensor:
    """A part of points in time, in UTC, as calendars have it: months and days from 1, days of the week from Monday, 0.

    Args:
      seconds: since 1970, `[batch]` int64.
      part: which one.
    """
    days = tf.math.floordiv(seconds, DAY_SECS)
    if part == "hour":
        return tf.math.floordiv(tf.math.floormod(seconds, DAY_SECS), 3600)
    if part == "day_of_week":
        # 1970 began on a Thursday.
        return tf.math.floormod(days + 3, 7)
    found: tf.Tensor = getattr(_date(days), part)
    return found


def part_flags(seconds: tf.Tensor, is_there: tf.Tensor, part: DatePart) -> tf.Tensor:
    """`[batch, value]`: a flag for each value of a part, none where there is no point in time."""
    place = date_part(seconds, part) - _FIRST.get(part, 0)
    return tf.one_hot(tf.where(is_there, place, -1), PART_SIZES[part])


def _date(days: tf.Tensor) -> _Date:
    """The Gregorian date of days since 1970.

    Source: Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013, `civil_from_days`: years begin in March, so
    that the leap day is the last of them.
    """
    since = days + 719_468
    era, of_era = tf.math.floordiv(since, 146_097), tf.math.floormod(since, 146_097)
    year_of_era = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    since_march = (5 * of_year + 2) // 153
    day = of_year - (153 * since_march + 2) // 5 + 1
    month = tf.where(since_march < 10, since_march + 3, since_march - 9)
    return _Date(year_of_era + era * 400 + tf.cast(month <= 2, tf.int64), month, day)
