"""Files of an artifact, as its directory keeps them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.artifact_files import has_file, read_file, write_file


@settings(max_examples=30)
@given(text=st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"])))
def test_a_text_survives(tmp_path_factory, text):
    uri = str(tmp_path_factory.mktemp("artifact"))
    write_file(uri, "a.txt", text)
    assert read_file(uri, "a.txt") == text


def test_a_directory_that_is_not_there_yet_is_made(tmp_path):
    """Kubeflow's launcher makes none."""
    uri = str(tmp_path / "Trainer" / "1")
    assert not has_file(uri, "a.bin")
    write_file(uri, "a.bin", b"\xff")
    assert has_file(uri, "a.bin")
    assert (tmp_path / "Trainer" / "1" / "a.bin").read_bytes() == b"\xff"


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_file(str(tmp_path), "a.txt")
