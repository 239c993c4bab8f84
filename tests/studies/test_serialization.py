from pathlib import Path

import numpy as np
import pytest

from studies.serialization import rounded_lists, write_whole


def test_arrays_become_lists_that_json_can_hold():
    assert rounded_lists(np.array([[1.000004, np.nan], [2.5, -3]], np.float32)) == [[1.0, None], [2.5, -3.0]]


def test_a_file_gets_its_folders(tmp_path):
    write_whole(tmp_path / "a" / "b.json", "{}")
    assert (tmp_path / "a" / "b.json").read_text() == "{}"


def test_a_crash_in_the_middle_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    path = tmp_path / "results.json"
    write_whole(path, "before")

    def write_half(self: Path, text: str) -> None:
        with self.open("w") as file:
            file.write(text[: len(text) // 2])
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_text", write_half)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "afterwards")
    assert path.read_text() == "before"
    monkeypatch.undo()
    write_whole(path, "afterwards")
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]
    assert path.read_text() == "afterwards"
