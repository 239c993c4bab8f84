import json
import math

import pandas as pd
import pytest

from training.writers import CsvWriter, JsonlWriter


def _steps(path) -> list[int]:
    if path.suffix == ".csv":
        return pd.read_csv(path).step.tolist()
    return [json.loads(line)["step"] for line in path.read_text().splitlines()]


@pytest.fixture(params=[JsonlWriter, CsvWriter])
def kind(request):
    return request.param


@pytest.fixture
def path(kind, tmp_path):
    return tmp_path / "new" / ("scalars.csv" if kind is CsvWriter else "scalars.jsonl")


def _write(writer, *steps: int) -> None:
    for step in steps:
        writer.scalars(step, {"loss": step / 10})
    writer.close()


def test_a_line_of_json_holds_a_steps_numbers(tmp_path):
    writer = JsonlWriter(tmp_path / "a.jsonl")
    writer.scalars(3, {"train/loss": 0.5, "é": 1})
    assert json.loads((tmp_path / "a.jsonl").read_text()) == {"step": 3, "train/loss": 0.5, "é": 1.0}


def test_numbers_that_json_lacks_are_null(tmp_path):
    JsonlWriter(tmp_path / "a.jsonl").scalars(1, {"nan": math.nan, "inf": math.inf})
    assert (tmp_path / "a.jsonl").read_text() == '{"step": 1, "nan": null, "inf": null}\n'


def test_pandas_reads_the_table(tmp_path):
    writer = CsvWriter(tmp_path / "a.csv")
    writer.scalars(1, {"loss": 0.25, "a,b": math.inf})
    writer.scalars(2, {"loss": math.nan, "new": 3})
    table = pd.read_csv(tmp_path / "a.csv").pivot(index="step", columns="name", values="value")
    assert table.loc[1].to_dict() == pytest.approx({"loss": 0.25, "a,b": math.inf, "new": math.nan}, nan_ok=True)
    assert table.loc[2, "new"] == 3


def test_a_row_can_be_read_before_the_writer_is_closed(kind, path):
    kind(path).scalars(1, {"loss": 1})
    assert _steps(path) == [1]


def test_nothing_is_touched_before_the_first_row(kind, path):
    _write(kind(path))
    assert not path.parent.exists()


def test_adds_to_what_is_there(kind, path):
    _write(kind(path), 1, 2)
    _write(kind(path), 3)
    assert _steps(path) == [1, 2, 3]


def test_on_resume_each_step_is_there_once(kind, path):
    _write(kind(path), 10, 20, 30, 40)
    _write(kind(path, resume_step=20), 30, 40, 50)
    assert _steps(path) == [10, 20, 30, 40, 50]
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_new_training_drops_an_old_ones_rows(kind, path):
    _write(kind(path), 10, 20)
    _write(kind(path, resume_step=0), 10)
    assert _steps(path) == [10]


def test_drops_the_row_that_a_kill_tore(kind, path):
    _write(kind(path), 10, 20)
    path.write_text(path.read_text()[:-4])
    _write(kind(path), 30)
    assert _steps(path) == [10, 30]


def test_a_file_of_something_else_is_left_as_it_is(kind, path):
    path.parent.mkdir()
    path.write_text("a shopping list\n")
    with pytest.raises(ValueError, match=r"must tell its step. Received: 'a shopping list.*Mend"):
        _write(kind(path, resume_step=3), 1)
    assert path.read_text() == "a shopping list\n"


def test_a_negative_step_is_refused(kind, path):
    with pytest.raises(ValueError, match=r"at least 0. Received: -1"):
        kind(path, resume_step=-1)
