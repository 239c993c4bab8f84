"""What ExampleGen tells ML Metadata of data in spans."""

import json

import apache_beam as beam
import pytest
from tfx.components.example_gen import utils
from tfx.types import standard_artifacts

from components.example_gen.executor import generate
from records.rows import read_rows
from records.spans import spans_of
from tasks.loading import TaskSpec


@pytest.fixture
def folder(tmp_path):
    for name in ("3-v2", "4-v1", "5"):
        rows = [f"{row}.5,{row % 2}" for row in range(30)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["size,large", *rows]) + "\n")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "span", "properties", "rows"),
    [
        ("{SPAN}-v{VERSION}.csv", {"last": 2}, {"span": 4, "version": 1, "spans": {"3": 2, "4": 1}}, 60),
        ("{SPAN}-v{VERSION}.csv", 3, {"span": 3, "version": 2, "spans": {"3": 2}}, 30),
        ("{SPAN}.csv", "latest", {"span": 5, "spans": {"5": None}}, 30),
        ("5.csv", None, {}, 30),
    ],
)
def test_spans_are_properties_of_the_examples(file, span, properties, rows, folder):
    source = {"kind": "csv", "file": str(folder / file), "span": span}
    label = {"column": "large", "kind": "binary", "classes": ["0", "1"]}
    spec = TaskSpec(task="tasks.tabular.Tabular", options={"source": source, "label": label})
    examples = standard_artifacts.Examples()
    examples.uri = str(folder / "out")
    generate(task_spec=spec.model_dump_json(), examples=examples, pipeline=beam.Pipeline())
    # As TFX's own ExampleGen names them, and as its SpanRangeStrategy reads them.
    assert {utils.SPAN_PROPERTY_NAME, utils.VERSION_PROPERTY_NAME} == {"span", "version"}
    found = {
        name: examples.get_int_custom_property(name)
        for name in ("span", "version")
        if examples.has_custom_property(name)
    }
    text = examples.get_string_custom_property("spans")
    assert {**found, **({"spans": json.loads(text)} if text else {})} == properties
    assert spans_of({"spans": text or "{}"}) == {
        int(span): version for span, version in properties.get("spans", {}).items()
    }
    assert sum(read_rows(examples.uri).values()) == rows
