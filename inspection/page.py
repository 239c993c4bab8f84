"""HTML pages that need nothing else: the style and the plots' library are inside."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs


def html(template: str, **values: Any) -> str:
    """A page.

    Args:
      template: name of one that extends `page.html`.
      values: that it shows; text is escaped, markup is not.

    Raises:
      jinja2.UndefinedError: the template shows a value that was not given.
    """
    environment = Environment(
        loader=PackageLoader("inspection"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template(template).render(values, plotly=Markup(get_plotlyjs()))
