"""The folders of splits."""

from hypothesis import given
from hypothesis import strategies as st

from records.splits import ALL_SPLITS, split_folder, split_name


@given(split=st.text())
def test_a_folder_tells_its_split(split):
    assert split_name(split_folder(split)) == split


def test_all_folders_are_found(tmp_path):
    for split in ("train", "eval"):
        (tmp_path / split_folder(split)).mkdir()
    (tmp_path / "reading").mkdir()
    assert sorted(split_name(path.name) for path in tmp_path.glob(ALL_SPLITS)) == ["eval", "train"]
