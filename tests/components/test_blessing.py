import pytest
from tfx.types import standard_artifacts

from components.blessing import write_blessing
from records.findings import Finding


def _finding(*, passed: bool, stops: bool = True) -> Finding:
    return Finding(gate="evaluation", metric="accuracy", where="", value=0.5, limit="", passed=passed, stops=stops)


@pytest.fixture
def blessing(tmp_path):
    """The artifact as TFX's own verdict left it, with a file of each name."""
    made = standard_artifacts.ModelBlessing()
    made.uri = str(tmp_path)
    for name in ("BLESSED", "NOT_BLESSED"):
        (tmp_path / name).touch()
    return made


@pytest.mark.parametrize(("passed", "file"), [(True, "BLESSED"), (False, "NOT_BLESSED")])
def test_the_findings_decide_whatever_tfx_wrote(passed, file, blessing, tmp_path):
    write_blessing(blessing, [_finding(passed=True), _finding(passed=passed)])
    assert blessing.get_int_custom_property("blessed") == passed
    assert [path.name for path in tmp_path.iterdir()] == [file]


def test_what_stops_nothing_blesses(blessing):
    write_blessing(blessing, [_finding(passed=False, stops=False)])
    assert blessing.get_int_custom_property("blessed") == 1


def test_without_a_limit_there_is_nothing_to_refuse(blessing):
    write_blessing(blessing, [])
    assert blessing.get_int_custom_property("blessed") == 1


def test_a_directory_that_is_not_there_yet_is_made(tmp_path):
    made = standard_artifacts.ModelBlessing()
    made.uri = str(tmp_path / "blessing")
    write_blessing(made, [])
    assert (tmp_path / "blessing" / "BLESSED").exists()
