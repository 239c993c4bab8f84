"""The guides run, and their pages say what the scripts say."""

import os
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import pytest

HOME = Path(__file__).parents[2]
SCRIPTS = sorted((HOME / "examples" / "guides").glob("*.py"))
PAGES = HOME / "docs" / "guides"
# The concept's own sections stand between the first and these, as do results where they have a section.
LAST = [
    "Which to take",
    "Pitfalls",
    "What it costs",
    "The same in production",
    "Key takeaways",
    "Exercises",
    "Solutions",
    "Further reading",
]
each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)


def _cells(script: Path) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in jupytext.read(script).cells]


def _squeezed(text: str) -> str:
    """Without blank lines, of which nbconvert writes more than it reads."""
    return re.sub(r"\n\s*\n", "\n", text).strip()


def test_there_are_guides():
    assert SCRIPTS


# A guide that runs a pipeline imports TensorFlow several times.
@pytest.mark.e2e
@pytest.mark.timeout(600)
@each_script
def test_a_guide_runs_in_quick_mode(script, tmp_path):
    settings = {"GUIDE": "quick", "PYTHONPATH": str(HOME), "MPLBACKEND": "Agg", "TF_CPP_MIN_LOG_LEVEL": "2"}
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, env=os.environ | settings, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


@each_script
def test_a_page_holds_the_cells_of_its_script_and_what_came_out(script):
    page = (PAGES / f"{script.stem}.md").read_text()
    outputs = rf"^```text\n(?:.*\n)*?```$|^!\[.*\]\({script.stem}/.*\)$"
    without_outputs = re.sub(outputs, "", page, flags=re.M)
    told = [f"```python\n{source}\n```" if kind == "code" else source for kind, source in _cells(script)]
    assert _squeezed(without_outputs) == _squeezed("\n".join(told)), f"Run: make guides GUIDE={script.stem}"


@each_script
def test_the_pictures_of_a_page_are_there_and_no_others(script):
    shown = re.findall(rf"^!\[.+\]\(({script.stem}/.*)\)$", (PAGES / f"{script.stem}.md").read_text(), flags=re.M)
    assert sorted(shown) == sorted(str(path.relative_to(PAGES)) for path in (PAGES / script.stem).glob("*"))
    assert 0 < len(shown) <= 6


@each_script
def test_the_sections_of_a_guide_come_in_the_order_of_the_series(script):
    text = "\n".join(source for kind, source in _cells(script) if kind == "markdown")
    headings = re.findall(r"^##? (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), flags=re.M)
    assert headings[1] == "The problem"
    assert headings[-len(LAST) :] == LAST


@each_script
def test_each_exercise_of_a_guide_has_a_solution_with_an_assertion(script):
    cells = _cells(script)
    exercises = next(source for _, source in cells if "## Exercises" in source).partition("## Exercises")[2]
    numbers = re.findall(r"^(\d)\. ", exercises, flags=re.M)
    first = next(i for i, (_, source) in enumerate(cells) if "## Solutions" in source)
    solutions = [source for kind, source in cells[first:] if kind == "code"]
    assert 3 <= len(numbers) <= 5
    assert len([source for source in solutions if "assert" in source]) >= len(numbers)


@each_script
def test_a_guide_links_to_all_others(script):
    linked = set(re.findall(r"\]\((\d\d_\w+)\.md", (PAGES / f"{script.stem}.md").read_text()))
    assert linked >= {other.stem for other in SCRIPTS} - {script.stem}
