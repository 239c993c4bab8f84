"""What a command says when it refuses."""

import click
from click.testing import CliRunner

from pipeline.errors import UsageError


def refusal(command: click.Command, *arguments: object) -> str:
    """The message of the wrong usage that `command` reports."""
    done = CliRunner().invoke(command, [str(argument) for argument in arguments])
    assert isinstance(done.exception, UsageError)
    return str(done.exception)
