"""`make docs`: the documentation as a site, by Sphinx, with MyST for the pages in Markdown."""

import re
from pathlib import Path

from sphinx.application import Sphinx

HOME = Path(__file__).parent.parent
# Where the Makefile puts Mermaid and MathJax, which then come from the site itself and not from the network.
SCRIPTS = HOME / "output" / "docs" / "static"

project = "Slipway"
root_doc = "docs/README"
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**", "autoapi/**"]
extensions = ["myst_parser", "autoapi.extension", "sphinx.ext.napoleon", "sphinx_click", "sphinxcontrib.mermaid"]
default_role = "code"
html_theme = "furo"
html_title = project
html_show_copyright = False
html_static_path = [str(SCRIPTS)]
myst_heading_anchors = 4
myst_enable_extensions = ["dollarmath"]
# A pattern in the reference, such as [^@]+, is none.
myst_disable_syntax = ["footnote_ref"]
myst_fence_as_directive = ["mermaid"]
mermaid_use_local = "mermaid.esm.min.mjs"
mermaid_height = "auto"
mathjax_path = "tex-svg-full.js"

# Read, not imported: the pages need no TensorFlow.
LIBRARY = ("slipway", "models", "training", "compression", "serving", "data")
autoapi_dirs = [str(HOME / room) for room in LIBRARY]
autoapi_options = ["members"]
autoapi_add_toctree_entry = False
# Of constants, whose values it would show beside their imports.
suppress_warnings = ["autoapi.python_import_resolution"]


def add_contents(app: Sphinx, name: str, source: list[str]) -> None:
    """The pages that an index links to are its contents; written once, for GitHub and for the site."""
    if name.endswith(("docs/README", "decisions/README", "guides/README")):
        pages = dict.fromkeys(re.findall(r"\]\(([^)#:]+)\.(?:md|rst)\)", source[0]))
        library = [f"/autoapi/{room}/index" for room in LIBRARY]
        more = ["/docs/commands", *library, "/CHANGELOG"] if name == root_doc else []
        source[0] += "\n".join(["\n\n```{toctree}", ":hidden:", "", *pages, *more, "```\n"])


def quote_code(app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]) -> None:
    """Docstrings quote code as Markdown does, Sphinx reads reStructuredText."""
    quoted = re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", "\n".join(lines))
    lines[:] = quoted.split("\n")


def skip_keras_hook(app: Sphinx, what: str, name: str, value: object, skip: bool, options: object) -> bool:
    """What Keras calls when it loads a model; its docstring is Keras's."""
    return skip or name.endswith(".from_config")


def setup(app: Sphinx) -> None:
    app.connect("autoapi-skip-member", skip_keras_hook)
    app.connect("source-read", add_contents)
    # Before napoleon, which otherwise takes a colon within code for one of its own.
    app.connect("autodoc-process-docstring", quote_code, priority=400)
