"""What a command says when it refuses."""

import click
from click.testing import CliRunner


def refusal(command: click.Command, *arguments: object) -> str:
    """The message of the wrong usage that `command` reports."""
    done = CliRunner().invoke(command, [str(argument) for argument in arguments])
    assert done.exception is not None
    assert done.exception.exit_code == 2
    return str(done.exception)
