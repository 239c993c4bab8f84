"""HTML pages that need nothing else: the style and the plots' library are inside."""

from dataclasses import dataclass
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs


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
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in dict.fromkeys((package, "inspection"))]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template(template).render(values, plotly=Markup(get_plotlyjs()))
