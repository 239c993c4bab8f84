"""Errors of the command line and the config.

Any exception of any room that is a user's to mend carries `title` (what failed, a few words) and `exit_code`; the
command line prints `title: message` for those and shows a traceback for everything else. A message says the rule, then
`Received: …`, then what to do.
"""

from typing import Protocol, runtime_checkable


@runtime_checkable
class UserError(Protocol):
    """An exception of any room that is a user's to mend."""

    title: str
    exit_code: int


class UsageError(ValueError):
    """A wrong argument or a wrong config."""

    title = "Wrong usage"
    exit_code = 2


class ConfigError(UsageError):
    """A config that no pipeline can be made of."""

    title = "Wrong config"


class RunError(RuntimeError):
    """A run that could not start or could not finish."""

    title = "Run failed"
    exit_code = 1
