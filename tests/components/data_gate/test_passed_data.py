import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2

from components.data_gate.passed_data import PassedData, read_passed


@pytest.fixture
def passed(tmp_path) -> PassedData:
    return PassedData(str(tmp_path / "digits"))


def _statistics(**counts: int) -> dict[str, statistics_pb2.DatasetFeatureStatisticsList]:
    found = {}
    for split, count in counts.items():
        found[split] = statistics_pb2.DatasetFeatureStatisticsList()
        found[split].datasets.add(num_examples=count)
    return found


def test_nothing_is_the_newest_before_any_passed(passed):
    assert passed.newest() is None
    assert not passed.is_newest(_statistics(train=3))


def test_the_newest_is_what_was_added_last(passed):
    passed.add(_statistics(train=3, eval=1))
    passed.add(_statistics(train=4, eval=2))
    assert {split: each.num_examples for split, each in read_passed(passed.newest()).items()} == {"train": 4, "eval": 2}
    assert passed.is_newest(_statistics(train=4, eval=2))
    assert not passed.is_newest(_statistics(train=3, eval=1))


def test_the_tenth_follows_the_ninth(passed):
    for count in range(1, 12):
        passed.add(_statistics(train=count))
    assert read_passed(passed.newest())["train"].num_examples == 11


def test_the_newest_is_not_added_again_and_one_before_it_is(passed, tmp_path):
    for count in (3, 3, 4, 3):
        passed.add(_statistics(train=count))
    assert len(list((tmp_path / "digits").iterdir())) == 3


def test_what_a_killed_process_left_half_is_no_file_to_read(passed, tmp_path):
    passed.add(_statistics(train=3))
    (tmp_path / "digits" / "000002.half").write_bytes(b"\x0a\xff")
    assert passed.newest().name == "000001.pb"
