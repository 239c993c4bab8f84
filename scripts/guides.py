"""`make guides`: runs examples/guides/*.py and keeps what they print and draw: a page of each, and a notebook.

    python scripts/guides.py [NAME ...]

A page is docs/guides/NAME.md with pictures in docs/guides/NAME/, a notebook is output/guides/NAME.ipynb. A cell that
fails fails the command, and no page is written.
"""

import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

import jupytext
import nbformat
from jinja2 import DictLoader
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert import MarkdownExporter
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from traitlets import default
from traitlets.config import Config

HOME = Path(__file__).resolve().parent.parent
SCRIPTS, PAGES, NOTEBOOKS = HOME / "examples" / "guides", HOME / "docs" / "guides", HOME / "output" / "guides"
# As nbconvert's own template, with outputs in fences, and pictures that say what they are of.
TEMPLATE = """{% extends 'markdown/index.md.j2' %}
{% block stream %}
```text
{{ output.text.rstrip() }}
```
{% endblock %}
{% block data_text scoped %}
```text
{{ output.data['text/plain'] }}
```
{% endblock %}
{% block data_png %}
![{{ cell.metadata.section }}]({{ output.metadata.filenames['image/png'] | path2url }})
{% endblock %}"""


class Kernel(AsyncKernelManager):
    """One of this interpreter, whichever kernels the user has registered."""

    @default("kernel_spec_manager")
    def _no_registered_kernels(self) -> KernelSpecManager:
        return KernelSpecManager(kernel_dirs=[])


def execute(name: str, notebook: nbformat.NotebookNode) -> None:
    """Runs all cells.

    Raises:
      SystemExit: a cell failed.
    """
    reached: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            kernel_manager_class=Kernel,
            timeout=None,
            resources={"metadata": {"path": str(HOME)}},
            # Sockets that are files: no network.
            config=Config(KernelManager={"transport": "ipc", "ip": f"{folder}/kernel"}),
            on_cell_start=lambda cell, cell_index: reached.append(cell_index),
        )
        try:
            client.execute()
        except (CellExecutionError, DeadKernelError) as error:
            raise SystemExit(f"{name}: cell {reached[-1] + 1} of {len(notebook.cells)} failed.\n{error}") from None


def write(name: str, notebook: nbformat.NotebookNode) -> None:
    """The notebook as it is; the page without what libraries tell of the machine, on stderr and by TensorFlow's log."""
    NOTEBOOKS.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, NOTEBOOKS / f"{name}.ipynb")
    section = name
    for cell in notebook.cells:
        headings = [line.lstrip("# ") for line in cell.source.splitlines() if line.startswith("#")]
        section = headings[-1] if cell.cell_type == "markdown" and headings else section
        cell.metadata.section = section
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                # Which TensorFlow writes to stdout where it sees a notebook.
                output.text = re.sub(r"^WARNING:tensorflow:.*\n?", "", output.text, flags=re.MULTILINE)
        cell.outputs = [
            output for output in cell.get("outputs", []) if output.get("name") != "stderr" and output.get("text") != ""
        ]
    exporter = MarkdownExporter(extra_loaders=[DictLoader({"page": TEMPLATE})], template_file="page")
    exporter.register_preprocessor(CoalesceStreamsPreprocessor, enabled=True)
    page, files = exporter.from_notebook_node(notebook, resources={"output_files_dir": name})
    shutil.rmtree(PAGES / name, ignore_errors=True)
    for path, content in files["outputs"].items():
        (PAGES / path).parent.mkdir(parents=True, exist_ok=True)
        (PAGES / path).write_bytes(content)
    (PAGES / f"{name}.md").write_text(page.strip() + "\n")


if __name__ == "__main__":
    backend = "module://matplotlib_inline.backend_inline"
    os.environ.update(PYTHONPATH=str(HOME), MPLBACKEND=backend, TF_CPP_MIN_LOG_LEVEL="3", GUIDE="")
    for name in sys.argv[1:] or sorted(path.stem for path in SCRIPTS.glob("*.py")):
        start = time.monotonic()
        print(f"{name} …", flush=True)
        notebook = jupytext.read(SCRIPTS / f"{name}.py")
        execute(name, notebook)
        write(name, notebook)
        print(f"{name}: {time.monotonic() - start:.0f} s", flush=True)
