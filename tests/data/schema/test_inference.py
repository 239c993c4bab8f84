import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from data.schema.fit import check_fit
from data.schema.inference import infer_schema

KNOWN = text_format.Parse(
    """
    feature { name: "colour" type: BYTES presence { min_fraction: 1 } shape { dim { size: 1 } } }
    feature { name: "label" type: INT int_domain { min: 0 max: 3 is_categorical: true } }
    feature { name: "hour" type: INT }
    feature { name: "sold" type: INT }
    feature { name: "weight" type: FLOAT }
    feature { name: "constant" type: FLOAT }
    feature { name: "absent" type: FLOAT }
    """,
    schema_pb2.Schema(),
)


@pytest.fixture(scope="module")
def inferred():
    return infer_schema(map(_example, range(400)), known=KNOWN)


def _example(number: int) -> tf.train.Example:
    example = tf.train.Example()
    features = example.features.feature
    features["colour"].bytes_list.value.append([b"red", b"green", b"blue"][number % 3])
    features["label"].int64_list.value.append(number % 2)
    features["hour"].int64_list.value.append(number % 7)
    features["sold"].int64_list.value.append(number % 2)
    features["constant"].float_list.value.append(2.5)
    features["shop"].bytes_list.value.append(b"north")
    if number % 4:
        features["weight"].float_list.value.append(number / 8)
    return example


def test_it_fits_the_task(inferred):
    check_fit(inferred.schema, KNOWN, file="inferred")


def test_what_the_task_says_stays_and_what_it_leaves_open_is_inferred(inferred):
    features = {feature.name: feature for feature in inferred.schema.feature}
    domains = {domain.name: sorted(domain.value) for domain in inferred.schema.string_domain}
    assert features["label"].int_domain.max == 3
    assert features["colour"].presence.min_fraction == 1
    assert domains[features["colour"].domain] == ["blue", "green", "red"]
    assert domains[features["shop"].domain] == ["north"]


def test_it_says_what_to_look_at(inferred):
    assert inferred.num_examples == 400
    assert inferred.notes == (
        "colour: a domain of 3 values, what the data has; add what may still come",
        "hour: 7 values, 0 to 6; if they are categories, give it int_domain {is_categorical}",
        "sold: its values in the data make it a bool_domain",
        "weight: 100 of 400 examples lack it; see its presence {min_fraction}",
        "weight: 0.125 to 49.875; nothing is refused for being beyond, unless you give it float_domain {min, max}",
        "constant: always 2.5",
        "absent: no example has it",
        "shop: the task does not read it",
        "shop: a domain of 1 value, what the data has; add what may still come",
    )
