import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform.tf_metadata import schema_utils

from data.schema.fit import check_fit
from data.schema.text import SchemaError

NEEDED = """
feature { name: "colour" type: BYTES presence { min_fraction: 1 } shape { dim { size: 1 } } }
feature { name: "weights" type: FLOAT }
"""


def _schema(text: str) -> schema_pb2.Schema:
    return text_format.Parse(text, schema_pb2.Schema())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("type: FLOAT", "type: FLOAT float_domain { min: 0 }"),
        ("type: FLOAT", "type: FLOAT presence { min_fraction: 0.5 }"),
        ("type: BYTES", 'type: BYTES string_domain { value: "red" }'),
        ("type: FLOAT }", 'type: FLOAT } feature { name: "place" type: BYTES }'),
    ],
)
def test_a_schema_that_says_more_fits_and_is_read_alike(old, new):
    curated = _schema(NEEDED.replace(old, new))
    check_fit(curated, _schema(NEEDED), file="schema.pbtxt")
    specs = [schema_utils.schema_as_feature_spec(each).feature_spec for each in (curated, _schema(NEEDED))]
    assert all(specs[0][name] == spec for name, spec in specs[1].items())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"weights"',
            '"weight"',
            r"must have the features .*: colour, weights\. Received: schema.pbtxt without w",
        ),
        ("type: FLOAT", "type: FLOAT lifecycle_stage: DEPRECATED", r"Received: schema.pbtxt without weights"),
        ("type: FLOAT", "type: INT", r"weights must have the type .*, FLOAT\. Received: INT in schema.pbtxt"),
        ("shape { dim { size: 1 } }", "", r"colour must have the shape .*, \[1\]\. Received: none in"),
        ("size: 1", "size: 2", r"colour must have the shape .*, \[1\]\. Received: \[2\] in"),
        (
            "type: FLOAT",
            "type: FLOAT presence { min_fraction: 1 } shape { dim { size: 3 } }",
            r"reads, none\. Rec",
        ),
        ("min_fraction: 1 ", "min_fraction: 0.9 ", r"colour has a shape, and so must be in every .* Received: 0\.9 in"),
    ],
)
def test_a_schema_by_which_the_task_would_read_otherwise_is_refused(old, new, message):
    assert old in NEEDED
    with pytest.raises(SchemaError, match=message):
        check_fit(_schema(NEEDED.replace(old, new)), _schema(NEEDED), file="schema.pbtxt")
