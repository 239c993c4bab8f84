from tfx.utils import io_utils

from components.schema_gen.executor import write_schema
from tests.components.points import SPEC


def test_the_schema_is_the_task_s_where_tfx_looks_for_it(tmp_path):
    write_schema(task_spec=SPEC.model_dump_json(), uri=str(tmp_path))
    assert io_utils.SchemaReader().read(str(tmp_path / "schema.pbtxt")) == SPEC.load().schema()
