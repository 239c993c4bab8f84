import pytest
from tfx.types import standard_artifacts

from components.splits import split_files


@pytest.fixture
def examples(tmp_path):
    """Examples whose split `test` has two files."""
    for name in ("Split-test/b.gz", "Split-test/a.gz", "Split-train/c.gz", "reading/d.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    made = standard_artifacts.Examples()
    made.uri = str(tmp_path)
    return made


def test_the_files_of_a_split_are_sorted_and_no_others(examples, tmp_path):
    assert split_files(examples, "test") == [f"{tmp_path}/Split-test/a.gz", f"{tmp_path}/Split-test/b.gz"]


def test_a_split_that_is_not_there_has_none(examples):
    assert split_files(examples, "eval") == []
