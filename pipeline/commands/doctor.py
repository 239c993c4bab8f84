"""`slipway doctor`: what is missing or mismatched on a machine, and how to mend it."""

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.doctor.checks import Diagnosis, examine
from pipeline.doctor.deep import probe_deep
from pipeline.doctor.facts import collect_facts
from pipeline.local_path import LOCAL_PATH


def render(diagnoses: Sequence[Diagnosis]) -> Table:
    marks = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "wrong": "[red]wrong[/]"}
    table = Table("", "Check", "Found", "How to mend")
    for diagnosis in diagnoses:
        # An extra such as tensorflow[and-cuda] would be taken for markup.
        table.add_row(marks[diagnosis.state], *map(escape, (diagnosis.check, diagnosis.found, diagnosis.mend)))
    return table


@click.command()
@click.option("--deep", is_flag=True, help="Import TensorFlow, Keras and TFX too, run one operation, report seconds.")
@click.option("--output", type=LOCAL_PATH, default=Path("output"), show_default=True, help="Where runs go.")
@click.pass_context
def command(context: click.Context, deep: bool, output: Path) -> None:
    """Say what is missing or mismatched on this machine, and how to mend it."""
    diagnoses = examine(collect_facts(output))
    if deep:
        diagnoses.append(probe_deep())
    Console().print(render(diagnoses))
    wrong = sum(diagnosis.state == "wrong" for diagnosis in diagnoses)
    click.echo(f"{wrong} to mend." if wrong else "Nothing to mend.")
    context.exit(1 if wrong else 0)
