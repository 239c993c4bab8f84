"""What was repaired, as the examples' artifact keeps it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from records.repairs import read_repairs, write_repairs


@settings(max_examples=30)
@given(repairs=st.dictionaries(st.text(), st.integers(min_value=0)))
def test_repairs_survive_the_artifact(tmp_path_factory, repairs):
    uri = str(tmp_path_factory.mktemp("examples"))
    write_repairs(uri, repairs)
    assert read_repairs(uri) == repairs
