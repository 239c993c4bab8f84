"""What a person reads of a source."""

import io

from rich.console import Console

from data.images.digits import Digits
from data.overview import Overview
from pipeline.data_overview import print_overview, source_notes


def _printed(overview: Overview) -> str:
    stream = io.StringIO()
    print_overview(Console(file=stream, width=60), overview)
    return stream.getvalue()


def test_facts_the_table_and_notes_stand_below_each_other():
    overview = Overview(
        facts={"step": "1h", "channels": "load, [wind]"},
        columns=("series", "rows"),
        rows=(("plant", 12345),),
        notes=("repaired: 2 absent rows",),
    )
    lines = _printed(overview).splitlines()
    assert lines[:2] == ["step      1h", "channels  load, [wind]"]
    assert lines[-1] == "! repaired: 2 absent rows"
    assert any("plant" in line and "12,345" in line for line in lines)


def test_a_long_table_is_cut_and_keeps_its_last_row():
    rows = (*((f"class {number}", number) for number in range(100)), ("all", 4950))
    printed = _printed(Overview(columns=("class", "train"), rows=rows))
    assert "class 17 " in printed
    assert "class 18 " not in printed
    assert "… 82 more" in printed
    assert "4,950" in printed


def test_a_table_that_fits_is_whole():
    printed = _printed(Overview(columns=("class",), rows=tuple((f"class {number}",) for number in range(20))))
    assert "class 19 " in printed
    assert "more" not in printed


def test_a_source_is_told_in_a_few_words_on_examplegen_s_line():
    assert source_notes(Digits(kind="digits")) == ["1,797 images of 10 classes"]


def test_a_source_of_one_s_own_need_not_tell():
    assert source_notes(object()) == []
