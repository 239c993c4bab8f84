"""HTML pages that need nothing else: the style and the plots' library are inside."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of a page.

    Attributes:
      name: anchor, unique in the page.
      title: heading.
      content: what follows the heading.
    """

    name: str
    title: str
    content: Markup


def html(template: str, *, package: str = "inspection", **values: Any) -> str:
    """A page, or a part of one.

    Args:
      template: name of a template; a whole page extends `page.html`.
      package: package whose `templates` has it; those of this package can be extended and included from there.
      values: what the template shows; text is escaped, markup is not.

    Raises:
      jinja2.UndefinedError: the template shows a value that was not given.
    """
    return environment(package).get_template(template).render(values, scripts=_scripts)


@cache
def environment(package: str) -> Environment:
    """The templates of a package, and those of this one.

    Args:
      package: package whose `templates` come first.
    """
    return Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in dict.fromkeys((package, "inspection"))]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def plotly_script() -> str:
    """plotly.js, as plotly.offline has it, whose import takes a second for all that notebooks need."""
    return (files("plotly") / "package_data" / "plotly.min.js").read_text()


def charts_script() -> str:
    """What draws the figures of a page, with plotly.js."""
    return (files("inspection") / "static" / "charts.js").read_text()


def _scripts() -> Markup:
    """The scripts of a page that needs no other file."""
    return Markup("<script>{}</script>\n<script>{}</script>").format(Markup(plotly_script()), Markup(charts_script()))
