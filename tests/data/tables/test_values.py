import datetime

import pytest

from data.tables.values import as_boolean, as_number, as_text, as_texts, as_timestamp, has_decimal_comma


@pytest.mark.parametrize(("value", "expected"), [("3", 3.0), (" -1.5e3 ", -1500.0), (7, 7.0), (True, 1.0), (0.5, 0.5)])
def test_numbers(value, expected):
    assert as_number(value) == expected


@pytest.mark.parametrize("value", ["3,14", "-0,5", "1.234,5", " 2,0e3 "])
def test_a_decimal_comma_is_told_with_the_option_for_it(value):
    assert has_decimal_comma(value)
    with pytest.raises(ValueError, match=r"must have a decimal point.*set options.source.decimal: ','"):
        as_number(value)


@pytest.mark.parametrize("value", ["three", "1;2", "a,5", [1, 2], {"a": 1}, b"3", datetime.date(2020, 1, 1)])
def test_what_is_no_number(value):
    with pytest.raises(ValueError, match=r"a number is expected. Received: "):
        as_number(value)


@pytest.mark.parametrize("value", ["nan", "inf", "-Infinity", "1e39", 10**400])
def test_numbers_that_no_feature_holds(value):
    with pytest.raises(ValueError, match="Received: "):
        as_number(value)


@pytest.mark.parametrize(("value", "expected"), [("a b", "a b"), (3, "3"), (3.0, "3"), (3.5, "3.5"), (True, "true")])
def test_names_of_categories(value, expected):
    assert as_text(value) == expected


def test_a_list_names_no_category():
    with pytest.raises(ValueError, match=r"a text or a number is expected. Received: \[1\]"):
        as_text([1])


@pytest.mark.parametrize(
    ("value", "expected"),
    [("True", True), ("yes", True), (1, True), ("1", True), (1.0, True), (" no ", False), (False, False), (0, False)],
)
def test_truth_values(value, expected):
    assert as_boolean(value) is expected


@pytest.mark.parametrize("value", ["perhaps", 2, "", 0.5])
def test_what_is_no_truth_value(value):
    with pytest.raises(ValueError, match=r"one of true, .* 0 and 1 is expected"):
        as_boolean(value)


@pytest.mark.parametrize(
    ("value", "written", "expected"),
    [
        ("1709249400", "", 1_709_249_400),
        (1_709_249_400.9, "", 1_709_249_400),
        (-1, "", -1),
        ("29.02.2024 23:30", "%d.%m.%Y %H:%M", 1_709_249_400),
        (" 2024-03-01T00:30+0100 ", "%Y-%m-%dT%H:%M%z", 1_709_249_400),
        (datetime.datetime(2024, 2, 29, 23, 30), "", 1_709_249_400),
        (
            datetime.datetime(2024, 3, 1, 1, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
            "",
            1_709_249_400,
        ),
        (datetime.date(1970, 1, 2), "%Y", 86_400),
    ],
)
def test_points_in_time_are_seconds(value, written, expected):
    assert as_timestamp(value, written) == expected


@pytest.mark.parametrize(
    ("value", "written", "message"),
    [
        ("30.02.2024", "%d.%m.%Y", r"a time written as %d.%m.%Y is expected. Received: '30.02.2024'"),
        ("2024-01-01", "", "seconds since 1970 are expected; set the column's format for times as texts"),
        ([1], "", "Received: \\[1\\]"),
        ("nan", "", "seconds since 1970 are expected"),
        # Milliseconds.
        ("1709249400000", "", "up to the year 9999. Received: '1709249400000'"),
    ],
)
def test_what_is_no_point_in_time(value, written, message):
    with pytest.raises(ValueError, match=message):
        as_timestamp(value, written)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a|b", ["a", "b"]), (" a | |b|a", ["a", "b", "a"]), ("", []), (["x", None, 3], ["x", "3"]), (7, ["7"])],
)
def test_several_texts(value, expected):
    assert as_texts(value, "|") == expected
