"""Which files are of which span and version, and which spans a choice means."""

from pathlib import Path

import pytest
from etils import epath
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from data.errors import SourceNotFoundError
from data.spans import SpanChoice, SpanPattern, missing_between, span_files, take_spans
from records.spans import describe_spans


def _write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def _take(folder: Path, choice: object, *names: str) -> dict[int, int | None]:
    patterns = [SpanPattern.of(epath.Path(folder / name)) for name in names]
    return take_spans(TypeAdapter(SpanChoice).validate_python(choice), [each for each in patterns if each])


@pytest.fixture
def folder(tmp_path):
    """Spans 2, 3 and 10; the third in two versions."""
    _write(tmp_path, "span-2/v1/a.csv", "span-3/v1/a.csv", "span-3/v10/a.csv", "span-3/v9/a.csv", "span-10/v0/a.csv")
    _write(
        tmp_path, "span-x/v1/a.csv", "span-11/v1/b.csv", "span-12/v1/a.csv.part", "span-13/vx/a.csv", "span-/v1/a.csv"
    )
    return tmp_path


@pytest.mark.parametrize(
    ("choice", "taken"),
    [
        ("latest", {10: 0}),
        (3, {3: 10}),
        ({"last": 2}, {3: 10, 10: 0}),
        ({"last": 9}, {2: 1, 3: 10, 10: 0}),
        ({"exactly": {3: 9, 2: None}}, {2: 1, 3: 9}),
    ],
)
def test_numbers_are_compared_as_numbers_and_the_newest_version_is_taken(folder, choice, taken):
    found = _take(folder, choice, "span-{SPAN}/v{VERSION}/a.csv")
    assert found == taken
    assert list(found) == sorted(found)
    files = span_files(found, SpanPattern(str(folder / "span-{SPAN}/v{VERSION}/a.csv")))
    assert files == {span: folder / f"span-{span}/v{version}/a.csv" for span, version in taken.items()}


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (4, r"must be a span that is there. Received: 4, and .*a.csv has 2, 3, 10. Take one of these, or latest"),
        ({"exactly": {3: 2}}, r"must have version 2 of span 3. Received: .*of this span are there version 1, 10, 9"),
        ({"exactly": {1: 1}}, r"Received: 1, and"),
    ],
)
def test_a_span_that_is_missing(folder, choice, message):
    with pytest.raises(SourceNotFoundError, match=message):
        _take(folder, choice, "span-{SPAN}/v{VERSION}/a.csv")


def test_no_span_at_all(tmp_path):
    with pytest.raises(SourceNotFoundError, match=r"Received: .*/none/\{SPAN\}.csv, which no file is like"):
        _take(tmp_path, "latest", "none/{SPAN}.csv")


def test_a_message_names_few_of_many_spans(tmp_path):
    _write(tmp_path, *(f"{span}.csv" for span in range(0, 200, 2)))
    with pytest.raises(SourceNotFoundError, match=r"has 94, 96, 98, 100, 102, 104 \(100 in all\)|has 96, 98, 100, 102"):
        _take(tmp_path, 99, "{SPAN}.csv")


def test_every_path_has_the_span_and_its_version(tmp_path):
    _write(tmp_path, "train-1-1", "train-2-1", "train-2-2", "test-1-1", "test-2-1", "other-1", "other-2")
    both = "train-{SPAN}-{VERSION}", "test-{SPAN}-{VERSION}"
    assert _take(tmp_path, 1, *both, "other-{SPAN}") == {1: 1}
    with pytest.raises(SourceNotFoundError, match=r"must have version 2 of span 2. Received: .*test-\{SPAN\}"):
        _take(tmp_path, "latest", *both)
    _write(tmp_path, "other-3")
    with pytest.raises(SourceNotFoundError, match=r"must have span 3. Received: .*train-\{SPAN\}"):
        _take(tmp_path, "latest", *both, "other-{SPAN}")


def test_days_are_spans(tmp_path):
    # TFX's example_gen/utils.py: days since 1970-01-01.
    _write(tmp_path, "1970-01-02.csv", "2026-11-26.csv", "2026-13-01.csv", "2026-1-1.csv")
    assert _take(tmp_path, "latest", "{YYYY}-{MM}-{DD}.csv") == {20783: None}
    assert _take(tmp_path, {"last": 5}, "{YYYY}-{MM}-{DD}.csv") == {1: None, 20783: None}


def test_a_width_is_kept_to_and_two_files_of_one_span_are_refused(tmp_path):
    _write(tmp_path, "007.csv", "12.csv")
    assert _take(tmp_path, "latest", "{SPAN:3}.csv") == {7: None}
    assert _take(tmp_path, "latest", "{SPAN}.csv") == {12: None}
    _write(tmp_path, "7.csv")
    with pytest.raises(SourceNotFoundError, match=r"both of span 7"):
        _take(tmp_path, "latest", "{SPAN}.csv")


def test_what_means_something_to_a_glob_is_taken_as_it_is(tmp_path):
    _write(tmp_path, "a[1]*/{x}-1?.csv", "a1b/{x}-2?.csv")
    assert _take(tmp_path, "latest", "a[1]*/{x}-{SPAN}?.csv") == {1: None}


@pytest.mark.parametrize(
    "path",
    [
        "{SPAN}/{SPAN}",
        "{VERSION}",
        "{YYYY}-{MM}",
        "{SPAN}-{YYYY}-{MM}-{DD}",
        "{SPAN:x}",
        "{SPAN:0}",
        "{YYYY:4}-{MM}-{DD}",
    ],
)
def test_places_that_make_no_span(path):
    with pytest.raises(ValueError, match="Received"):
        SpanPattern.of(epath.Path(path))


def test_a_path_without_places_has_no_pattern():
    assert SpanPattern.of(epath.Path("a/{b}/c.csv")) is None


@pytest.mark.parametrize("choice", [-1, "newest", {"last": 0}, {"exactly": {}}, {"last": 1, "exactly": {1: None}}])
def test_choices_that_are_none(choice):
    with pytest.raises(ValidationError):
        TypeAdapter(SpanChoice).validate_python(choice)


@given(st.dictionaries(st.integers(0, 40), st.none() | st.integers(0, 5), min_size=1))
def test_what_lies_between_is_missing(spans):
    missing = missing_between(spans)
    assert sorted([*missing, *spans]) == list(range(min(spans), max(spans) + 1))


def test_spans_in_words():
    assert describe_spans({3: 2, 4: None}) == "3 (version 2), 4"


@pytest.mark.parametrize("pattern", ["span-{SPAN}/v{VERSION}/rows.csv", "{YYYY}{MM}{DD}/{VERSION:2}-rows.csv"])
def test_as_tfx_takes_the_newest(pattern, tmp_path):
    """TFX's own resolver as the independent one."""
    from tfx.components.example_gen import utils
    from tfx.proto import example_gen_pb2

    _write(tmp_path, *(f"span-{span}/v{version}/rows.csv" for span in (1, 2, 10) for version in (1, 2, 11)))
    _write(tmp_path, "20260101/01-rows.csv", "20260102/01-rows.csv", "20260102/12-rows.csv")
    split = example_gen_pb2.Input.Split(name="all", pattern=pattern)
    _, span, version = utils.calculate_splits_fingerprint_span_and_version(f"{tmp_path}/", [split])
    assert _take(tmp_path, "latest", pattern) == {span: version}
    [file] = span_files({span: version}, SpanPattern(str(tmp_path / pattern))).values()
    assert file == tmp_path / split.pattern
