import json

import pytest
from markupsafe import Markup
from rich.console import Console
from rich.table import Table

from studies.results import Study

RESULTS = {"pipeline": "digits<b>", "best": 0.5}


def _table(results):
    shown = Table()
    shown.add_column("best")
    shown.add_row(str(results["best"]))
    return shown


STUDY = Study(
    name="tries",
    folder="trials",
    title="Tries compared",
    render=lambda results: Markup("<p>best: {}</p>").format(results["best"]),
    table=_table,
    notes=lambda results: ["[1, 2]: notes are no markup"],
)


def test_results_and_page_lie_in_the_study_s_folder_and_the_terminal_says_where(tmp_path):
    console = Console(width=200, record=True)
    STUDY.publish(tmp_path, RESULTS, console)
    assert json.loads((tmp_path / "trials" / "results.json").read_text()) == RESULTS
    assert sorted(path.name for path in (tmp_path / "trials").iterdir()) == ["report.html", "results.json"]
    printed = console.export_text()
    assert "0.5" in printed
    assert "[1, 2]: notes are no markup\n" in printed
    assert f"Wrote {tmp_path}/trials/report.html; open it in a browser.\n" in printed


def test_the_page_names_pipeline_and_study_and_needs_nothing_else():
    page = STUDY.page(RESULTS)
    assert "<title>digits&lt;b&gt; · tries compared</title>" in page
    assert "<h1>digits&lt;b&gt;: tries compared</h1>\n<p>best: 0.5</p>" in page
    assert "http://" not in page.split("</script>")[-1]


def test_a_report_has_a_section_of_what_lies_below_the_root(tmp_path):
    assert STUDY.section(tmp_path) is None
    STUDY.publish(tmp_path, RESULTS, Console(quiet=True))
    section = STUDY.section(tmp_path)
    assert (section.name, section.title, section.content) == ("tries", "Tries compared", "<p>best: 0.5</p>")


def test_results_that_cannot_be_written_leave_those_that_were_there(tmp_path):
    STUDY.publish(tmp_path, RESULTS, Console(quiet=True))
    before = (tmp_path / "trials" / "results.json").read_text()
    with pytest.raises(TypeError, match="JSON serializable"):
        STUDY.publish(tmp_path, {**RESULTS, "best": object()}, Console(quiet=True))
    assert (tmp_path / "trials" / "results.json").read_text() == before
