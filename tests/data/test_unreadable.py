"""Examples that cannot be read: refused, or left out within a limit."""

import io
import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from data.errors import DataError
from data.images.episodes import ImageEpisodes
from data.images.folder import ImageFolder
from data.unreadable import leave_out
from tasks.loading import TaskSpec


@given(bad=st.integers(0, 30), good=st.integers(0, 3000), per_mille=st.integers(0, 999))
def test_no_more_are_left_out_than_the_share(bad, good, per_mille):
    defects = [f"{number}.png: damaged" for number in range(bad)]
    if 1000 * bad <= per_mille * (bad + good):
        leave_out(defects, total=bad + good, allowed=per_mille / 1000)
    else:
        with pytest.raises(DataError, match=f"Received {bad} of "):
            leave_out(defects, total=bad + good, allowed=per_mille / 1000)


def test_those_that_are_left_out_are_named_in_the_log(caplog):
    with caplog.at_level(logging.WARNING, logger="slipway.data"):
        leave_out(["a.png: damaged"], total=100, allowed=0.01)
    assert caplog.messages == ["left out: a.png: damaged"]


def test_too_many_are_refused_by_the_first():
    defects = [f"{number}.png: damaged" for number in range(7)]
    message = (
        r"(?s)at most 1\.00% .* Received 7 of 100 that are not:\n  0\.png: damaged.*4\.png.*and 2 more.*max_unreadab"
    )
    with pytest.raises(DataError, match=message):
        leave_out(defects, total=100, allowed=0.01)


@pytest.mark.parametrize("share", [0, 1, 1.5])
def test_a_limit_is_a_share(tmp_path, share):
    with pytest.raises(ValidationError, match="max_unreadable"):
        ImageFolder(kind="image_folder", directory=tmp_path, max_unreadable=share)


@pytest.fixture
def folder(tmp_path):
    """Four classes of ten images, one of them broken."""
    for number in range(4):
        (tmp_path / str(number)).mkdir()
        for index in range(10):
            Image.fromarray(np.full((4, 4), 9 * index, np.uint8)).save(tmp_path / str(number) / f"{index}.png")
    stream = io.BytesIO()
    Image.new("L", (9, 9)).save(stream, "png")
    (tmp_path / "2" / "5.png").write_bytes(stream.getvalue()[:50])
    return tmp_path


SKIP = {"unreadable": "skip", "max_unreadable": 0.05}


def test_a_task_allows_what_its_source_does(folder):
    source = {"kind": "image_folder", "directory": str(folder)}
    options = {"height": 8, "width": 8, "model": {"widths": [4]}}
    task = "tasks.image_classification.ImageClassification"
    assert TaskSpec(task=task, options={"source": source, **options}).load().allowed_unreadable() == 0
    assert TaskSpec(task=task, options={"source": {**source, **SKIP}, **options}).load().allowed_unreadable() == 0.05
    assert TaskSpec(task=task, options={"source": {"kind": "digits"}, **options}).load().allowed_unreadable() == 0


def _episodes(folder, **source) -> ImageEpisodes:
    splits = {"train": 0.4, "eval": 0.3, "test": 0.3}
    source = {"kind": "image_folder", "directory": folder, **source}
    return ImageEpisodes(source=source, splits=splits, ways=(1,), shots=(1,), queries=1, eval=1, test=1)


def test_episodes_are_not_drawn_from_images_that_cannot_be_read(folder):
    with pytest.raises(DataError, match=r"(?s)Received 1 of 40 that are not:\n  2/5\.png: "):
        _episodes(folder).left_out()
    source = _episodes(folder, **SKIP)
    found = {one.name: len(one.images) for split in ("train", "eval", "test") for one in source.classes(split)}
    assert found == {"0": 10, "1": 10, "2": 9, "3": 10}
    assert source.left_out() == 1
