import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from data.schema.differences import differences

BEFORE = """
feature { name: "colour" type: BYTES presence { min_fraction: 1 } shape { dim { size: 1 } } domain: "colours" }
feature { name: "weight" type: FLOAT float_domain { min: 0 } }
feature { name: "hour" type: INT int_domain { min: 0 max: 23 is_categorical: true } }
string_domain { name: "colours" value: "blue" value: "red" }
"""


def _differences(before: str, after: str) -> list[str]:
    schemas = (text_format.Parse(text, schema_pb2.Schema()) for text in (before, after))
    return [f"{name}: {difference}" for name, difference in differences(*schemas)]


def test_a_schema_does_not_differ_from_itself():
    assert _differences(BEFORE, BEFORE) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('name: "weight"', 'name: "mass"', ["weight: gone", "mass: added, FLOAT"]),
        ("type: INT", "type: FLOAT", ["hour: type: INT → FLOAT"]),
        ("presence { min_fraction: 1 }", "", ["colour: presence: in every example → none"]),
        ("min_fraction: 1 }", "min_fraction: 0.5 min_count: 2 }",
         ["colour: presence: in every example → in 0.5 of the examples, in 2 at least"]),
        ("shape { dim { size: 1 } }", "value_count { min: 1 max: 3 }", ["colour: shape: [1] → 1 to 3 values"]),
        ('value: "red"', 'value: "green" value: "black"', ["colour: domain: added green, black; gone red"]),
        ('domain: "colours"', "", ["colour: domain: blue, red → none"]),
        ("max: 23 is_categorical: true", "max: 24", ["hour: domain: 0 to 23, categories → 0 to 24"]),
        ("float_domain { min: 0 }", "skew_comparator { infinity_norm { threshold: 0.5 } }",
         ["weight: domain: 0 to any → none",
          "weight: other: none → skew_comparator {infinity_norm { threshold: 0.5 }}"]),
    ],
)  # fmt: skip
def test_each_difference_is_told_by_feature(old, new, expected):
    assert old in BEFORE
    assert _differences(BEFORE, BEFORE.replace(old, new)) == expected


def test_the_same_values_in_another_order_or_place_are_no_difference():
    inline = BEFORE.replace('domain: "colours"', 'string_domain { value: "red" value: "blue" }')
    assert _differences(BEFORE, inline) == []
