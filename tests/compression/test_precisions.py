from typing import get_args

import pytest

from compression.precisions import DEFAULT_PRECISIONS, PRECISIONS, Precision


def test_the_table_holds_each_precision_that_a_config_can_name():
    assert tuple(PRECISIONS) == get_args(Precision)
    assert set(DEFAULT_PRECISIONS) < set(PRECISIONS)


@pytest.mark.parametrize(
    ("trait", "having"),
    [
        ("quantizes", {"dynamic", "int8", "int16x8", "int4"}),
        ("needs_sample", {"int8", "int16x8"}),
        ("has_integer_ends", {"int8"}),
    ],
)
def test_what_integers_are_used_for_follows_from_the_precision(trait, having):
    assert {name for name, traits in PRECISIONS.items() if getattr(traits, trait)} == having
