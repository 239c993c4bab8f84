"""Tables: a row in, a class or a number out."""

from tasks.tabular.options import TabularOptions
from tasks.tabular.task import Tabular

__all__ = ["Tabular", "TabularOptions"]
