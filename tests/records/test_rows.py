from records.rows import read_rows, write_rows


def test_rows_survive_the_artifact(tmp_path):
    write_rows(str(tmp_path), {"train": 3, "eval": 0})
    assert read_rows(str(tmp_path)) == {"train": 3, "eval": 0}


def test_examples_of_earlier_versions_have_none(tmp_path):
    assert read_rows(str(tmp_path)) == {}
