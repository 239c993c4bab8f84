"""The `slipway` command.

Commands are imported when they are called, so that `--help` and whatever needs no TensorFlow start in a fraction of a
second. Exit codes: 0 done, 1 failed, 2 wrong usage or config, 3 a gate refused, 75 interrupted while training (the same
command goes on from the checkpoint), 130 interrupted.
"""

import gc
import importlib
import sys

import click

import pipeline.process_start  # noqa: F401 - starts the clock
from pipeline.errors import UserError

# Command -> one-line help. The module pipeline.commands.<command> defines a click command named `command`.
COMMANDS = {
    "init": "Write a starter config and a task file for your own data.",
    "run": "Run a pipeline on this machine.",
    "compile": "Compile a pipeline for Kubeflow Pipelines.",
    "submit": "Run a pipeline on Kubeflow Pipelines, and follow it.",
    "analyze": "Train several architectures under one budget and compare what they cost.",
    "sensitivity": "Find which layers of a trained model mind pruning and rounding.",
    "backtest": "Forecast a test range again and again, and compare with traditional forecasters.",
    "episodes": "Draw how a few-shot learner adapts to its test episodes, and compare learners.",
    "inspect": "Show runs, nodes, artifacts and the lineage of a pushed model.",
    "report": "Write one self-contained HTML report of a run.",
    "compare": "Show what differs between runs: config, code, data, metrics.",
    "ui": "Show runs, models, lineage and data as pages in a browser.",
    "model": "Count what a config's network costs, draw it, see what a trained one looks at.",
    "data": "List the datasets known by name, and fetch them.",
    "schema": "Infer, show and compare schemas of raw examples.",
    "predict": "Ask a served model about files, or a pushed version about all of a source.",
    "plot": "Draw a config's learning-rate schedule.",
    "serve": "Serve pushed models over REST and gRPC.",
    "registry": "List pushed versions, move stage labels, roll back.",
    "gc": "Remove artifacts that no kept run and no registered model needs.",
    "deploy": "Write files that put pushed versions into production.",
    "config": "Check a config, explain its options, print its JSON Schema.",
    "doctor": "Say what is missing or mismatched on this machine, and how to mend it.",
}


class LazyGroup(click.Group):
    """A group that imports a command's module only to run it or to print its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = importlib.import_module(f"pipeline.commands.{name}").command
        command.name = name
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            # Click looks among the commands that are there already.
            raise click.exceptions.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="slipway", prog_name="slipway")
def cli() -> None:
    """Take raw data to a served, quantized, recorded TensorFlow model."""


def _store_error(error: BaseException) -> UserError | None:
    from pipeline.error_causes import store_error

    return store_error(error)


def main() -> None:
    """Runs the command line and turns a user's mistake into a message and an exit code, never a traceback."""
    try:
        exit_code = cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        exit_code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted. The same command takes the finished nodes from the cache and goes on.", err=True)
        exit_code = 130
    except BaseException as error:
        told = error if isinstance(error, UserError) else _store_error(error)
        if told is None:
            raise
        click.echo(f"{told.title}: {told}", err=True)
        exit_code = told.exit_code
    # At its end Python would go through all objects for cycles that nothing holds: two seconds where TensorFlow is.
    gc.freeze()
    sys.exit(exit_code if isinstance(exit_code, int) else 0)


if __name__ == "__main__":
    main()
