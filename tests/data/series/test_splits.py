"""Ranges of time as a config writes them."""

import pytest
import yaml
from pydantic import ValidationError

from data.series.splits import TimeRanges

DAY = 86_400


@pytest.mark.parametrize(
    "text",
    [
        "{train: [1970-01-01, 1970-01-03], eval: [1970-01-03, 1970-01-04], test: [1970-01-04, 1970-01-06]}",
        "{train: ['1970-01-01', '1970-01-03'], eval: ['1970-01-03', '1970-01-04'], test: ['1970-01-04', '1970-01-06']}",
        "{train: [1970-01-01 00:00:00, 1970-01-03], eval: [1970-01-03, 1970-01-04], test: [1970-01-04, 1970-01-06]}",
    ],
    ids=["dates", "texts", "an hour"],
)
def test_yaml_dates_are_as_good_as_texts(text: str) -> None:
    ranges = TimeRanges.model_validate(yaml.safe_load(text))
    assert ranges.bounds(0, 0) == {"train": (0, 2 * DAY), "eval": (2 * DAY, 3 * DAY), "test": (3 * DAY, 5 * DAY)}
    # As an execution's property they travel as JSON.
    assert TimeRanges.model_validate_json(ranges.model_dump_json()) == ranges


def test_a_test_range_that_overlaps_is_refused() -> None:
    text = "{train: [1970-01-01, 1970-01-05], eval: [1970-01-05, 1970-01-06], test: [1970-01-04, 1970-01-06]}"
    with pytest.raises(ValidationError, match="The range of test must start where that of eval ends"):
        TimeRanges.model_validate(yaml.safe_load(text))
