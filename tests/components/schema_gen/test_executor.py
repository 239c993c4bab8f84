import pytest
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.utils import io_utils

from components.schema_gen.executor import write_schema
from data.schema.text import SchemaError, schema_text
from tasks.raw_schema import raw_schema
from tests.components.points import SPEC


def test_the_schema_is_the_task_s_where_tfx_looks_for_it(tmp_path):
    write_schema(task_spec=SPEC.model_dump_json(), curated="", uri=str(tmp_path))
    assert io_utils.SchemaReader().read(str(tmp_path / "schema.pbtxt")) == raw_schema(SPEC.load())


def test_a_curated_schema_takes_its_place(tmp_path):
    curated = SPEC.load().schema()
    curated.feature.add(name="weather", type=schema_pb2.BYTES)
    write_schema(task_spec=SPEC.model_dump_json(), curated=schema_text(curated), uri=str(tmp_path))
    assert io_utils.SchemaReader().read(str(tmp_path / "schema.pbtxt")) == raw_schema(SPEC.load(), curated)


def test_environments_that_a_person_chose_stay(tmp_path):
    curated = SPEC.load().schema()
    curated.default_environment.append("EVERYWHERE")
    write_schema(task_spec=SPEC.model_dump_json(), curated=schema_text(curated), uri=str(tmp_path))
    assert io_utils.SchemaReader().read(str(tmp_path / "schema.pbtxt")) == curated


def test_a_curated_schema_that_lacks_what_the_task_reads_is_refused(tmp_path):
    curated = SPEC.load().schema()
    gone = curated.feature.pop()
    with pytest.raises(SchemaError, match=rf"Received: the config's schema_file without {gone.name}\."):
        write_schema(task_spec=SPEC.model_dump_json(), curated=schema_text(curated), uri=str(tmp_path))
