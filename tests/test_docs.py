"""The README and the guides keep what they say."""

import importlib.util
import re
import subprocess
import sys

import click
import pytest

from benchmarks.table import ALL, PROJECT, all_figures, with_chosen_figures
from pipeline.cli import cli

README = (PROJECT / "README.md").read_text()
DOCS = PROJECT / "docs"
PAGES = {str(path.relative_to(PROJECT)): path for path in (*PROJECT.glob("*.md"), *DOCS.rglob("*.md"))}
# A change is told by the names of its day.
NAMING = [page for page in PAGES if page != "CHANGELOG.md"]
ROOMS = sorted(path.parent.name for path in PROJECT.glob("*/__init__.py"))


def test_the_tables_are_made_from_the_committed_results():
    assert with_chosen_figures(README) == README
    assert all_figures() == ALL.read_text()


@pytest.mark.parametrize("page", NAMING)
def test_commands_that_the_text_names_exist_with_their_options(page):
    lines = re.findall(r"(?:^|`|&& |\$ )slipway ([^`\n#]+)", PAGES[page].read_text(), flags=re.MULTILINE)
    assert lines or page != "README.md"
    assert [line for line in lines if not _is_command(line)] == []


def _is_command(line: str) -> bool:
    """Whether the commands and options of a line are there; arguments may be any."""
    command: click.Command = cli
    context, words = click.Context(cli), line.split()
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        found = command.get_command(context, words.pop(0))
        if found is None:
            return False
        command = found
    options = {"--help", *(name for option in command.params for name in option.opts)}
    return {word.partition("=")[0] for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", _without_code(PAGES[page].read_text()))
    assert [link for link in links if not (PAGES[page].parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_modules_that_code_imports_are_there(page):
    blocks = re.findall(r"^```python\n(.*?)^```", PAGES[page].read_text(), flags=re.MULTILINE | re.DOTALL)
    modules = {name for block in blocks for name in re.findall(r"^\s*(?:from|import) ([\w.]+)", block, re.MULTILINE)}
    ours = [name for name in modules if name.partition(".")[0] in ROOMS]
    assert [name for name in ours if importlib.util.find_spec(name) is None] == []


@pytest.mark.parametrize("page", NAMING)
def test_modules_and_files_that_the_text_names_are_there(page):
    rooms = "|".join((*ROOMS, "tests"))
    text = _without_code(PAGES[page].read_text())
    files = re.findall(rf"`((?:{rooms})/[^`\s]+)`", text)
    lost = [file for file in files if not any(PROJECT.glob(re.sub("NAME", "*", file)))]
    names = re.findall(rf"`((?:{rooms})(?:\.\w+)+)`", text)
    assert lost + [name for name in names if not (name.endswith((".py", ".yaml")) or _is_there(name))] == []


def _without_code(text: str) -> str:
    """Without fenced blocks, whose calls of what lies in a dictionary look like links."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def _is_there(dotted: str) -> bool:
    """Whether it is a module, or a name in one."""
    *parents, name = dotted.split(".")
    path = PROJECT.joinpath(*parents)
    if (path / name).is_dir() or (path / f"{name}.py").is_file():
        return True
    sources = [source for source in (path / "__init__.py", path.with_suffix(".py")) if source.is_file()]
    if not sources:
        return len(parents) > 1 and _is_there(".".join(parents))
    return any(
        re.search(rf"^\s*(?:class|def) {name}\b|^{name}\b|\bimport\b.*\b{name}\b", source.read_text(), re.M)
        for source in sources
    )


def test_every_decision_stands_in_the_index():
    titles = {path.name: path.read_text().partition("\n")[0] for path in (DOCS / "decisions").glob("0*.md")}
    lines = [f"- [{name[:4]}]({name}): {title.partition(': ')[2]}" for name, title in sorted(titles.items())]
    assert all(title.startswith(f"# {name[:4]}: ") for name, title in titles.items())
    index = (DOCS / "decisions" / "README.md").read_text().splitlines()
    assert [line for line in index if line.startswith("- ")] == lines


# It imports TensorFlow twice, in the process that converts too.
@pytest.mark.timeout(600)
def test_the_library_s_example_trains_converts_and_predicts_without_tfx(tmp_path):
    page = (DOCS / "as_a_library.md").read_text()
    [example] = re.findall(r"^```python\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    without_tfx = "import sys\nfor name in ('tfx', 'apache_beam', 'ml_metadata'):\n    sys.modules[name] = None\n"
    (tmp_path / "example.py").write_text(without_tfx + example)
    done = subprocess.run(
        [sys.executable, "example.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(PROJECT), "TF_CPP_MIN_LOG_LEVEL": "2"},
    )
    assert done.returncode == 0, done.stderr
    accuracies = dict(re.findall(r"^(float32|int8) (\S+)$", done.stdout, flags=re.MULTILINE))
    assert accuracies.keys() == {"float32", "int8"}
    assert min(map(float, accuracies.values())) > 0.8
