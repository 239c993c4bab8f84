import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from data.schema.text import SchemaError, parse_schema, read_schema, schema_text

TEXT = '# what a person says of it\nfeature { name: "x", type: FLOAT }\n'


def test_comments_and_layout_are_no_part_of_a_schema(tmp_path):
    (tmp_path / "schema.pbtxt").write_text(TEXT)
    schema = read_schema(str(tmp_path / "schema.pbtxt"))
    [feature] = schema.feature
    assert (feature.name, feature.type) == ("x", schema_pb2.FLOAT)
    assert schema_text(schema) == schema_text(parse_schema('feature {\n name: "x"\n type: FLOAT }'))
    assert parse_schema(schema_text(schema)) == schema


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, r"must be a readable file\. Received: .*schema\.pbtxt \(No such file .*slipway schema infer"),
        ("feature { nam: 1 }", r'must hold the text form .* Received: .*schema\.pbtxt, 1:11 .*"nam"'),
        (TEXT + TEXT, r"each feature once\. Received: .*schema.pbtxt, with x twice"),
    ],
)
def test_a_file_that_holds_no_schema_is_refused(text, message, tmp_path):
    if text is not None:
        (tmp_path / "schema.pbtxt").write_text(text)
    with pytest.raises(SchemaError, match=message):
        read_schema(str(tmp_path / "schema.pbtxt"))
