"""Runs and lineages on a terminal."""

import datetime
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from inspection.lineage import DESTINATION, VERSION, Step
from inspection.runs import Run
from inspection.store import Artifact, NodeExecution
from serving.registry import Registry, RegistryError

STYLES = {"done": "green", "cached": "cyan", "failed": "red", "refused": "yellow", "interrupted": "yellow"}
# Properties that say what a person wants to know of an artifact or of what wrote it.
TELLING = ("blessed", "pushed_version", "registry_version", "fingerprint", "code")
# Enough to tell two digests apart.
SHOWN_CHARACTERS = 16


def runs_table(runs: Iterable[Run]) -> Table:
    """One row a run."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("run", "started", "state"):
        table.add_column(column, no_wrap=True)
    for column in ("seconds", "cached", "test metric", "pushed"):
        table.add_column(column, justify="right", no_wrap=True)
    for run in runs:
        record = run.record
        nodes = record.get("nodes", [])
        pushes = [push for push in record.get("pushes", []) if push.get("in_this_run")]
        table.add_row(
            run.run_id,
            _started(run),
            _state(run.state),
            f"{record['total_secs']:.1f}" if record else "",
            f"{sum(node['cached'] for node in nodes)}/{len(nodes)}" if nodes else "",
            _headline(record.get("metrics", {})),
            ", ".join(f"version {push['version']}" for push in pushes),
        )
    return table


def run_details(run: Run, root: Path) -> RenderableType:
    """Nodes with their artifacts, then gates and what went wrong."""
    parts: list[RenderableType] = [
        Text.assemble("run ", (run.run_id, "bold"), "  ", _state(run.state)),
        _nodes(run, root),
    ]
    gates = run.record.get("gates", [])
    if gates:
        failed = [gate for gate in gates if not gate["passed"]]
        parts.append(Text(f"\ngates: {len(gates) - len(failed)} of {len(gates)} limits kept"))
        for gate in failed:
            where = f" ({gate['where']})" if gate["where"] else ""
            value = f"{gate['value']:.4g}" if isinstance(gate["value"], float) else gate["value"]
            parts.append(
                Text(f"  {gate['gate']}: {gate['figure']}{where} is {value}, must be {gate['limit']}", "yellow")
            )
    if run.record.get("error"):
        parts.append(Text(f"\n{run.record['error']}", "yellow" if run.state == "refused" else "red"))
    return Group(*parts)


def lineage_tree(step: Step, root: Path) -> Tree:
    """The pushed model at the root, the data at the leaves."""
    properties = step.artifact.properties
    destination = Path(properties[DESTINATION])
    model, number = destination.parent.name, int(properties[VERSION])
    try:
        stage = Registry(destination.parent.parent).version(model, number).stage
    except RegistryError:
        stage = "no longer in the registry"
    tree = Tree(f"[bold]{escape(model)}/{number}[/bold]  {stage}  {escape(_relative(str(destination), root))}")
    _grow(tree, step, root)
    return tree


def _grow(tree: Tree, step: Step, root: Path) -> None:
    branch = tree.add(_step_text(step, root))
    for source in step.sources:
        if not source.seen_before:
            _grow(branch, source, root)
    above = [_name(source) for source in step.sources if source.seen_before]
    if above:
        branch.add(Text(f"and, from above, {', '.join(above)}", "dim"))


def _step_text(step: Step, root: Path) -> Text:
    execution = step.execution
    text = Text(_name(step), "bold", overflow="fold")
    text.append(f"  {_relative(step.artifact.uri, root)}", "dim")
    if execution:
        when = datetime.datetime.fromtimestamp(execution.finished_secs).strftime("%Y-%m-%d %H:%M:%S")
        text.append(f"  execution {execution.id}, {_secs(execution)}, {when}", "dim")
        text.append(_telling({**execution.properties, **step.artifact.properties}), "cyan")
    return text


def _name(step: Step) -> str:
    node = step.execution.node if step.execution else "unknown"
    return f"{node} {step.channel}".rstrip()


def _nodes(run: Run, root: Path) -> Table:
    recorded = {node["name"]: node for node in run.record.get("nodes", [])}
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("node", "state"):
        table.add_column(column, no_wrap=True)
    table.add_column("seconds", justify="right", no_wrap=True)
    table.add_column("artifact", overflow="fold")
    for execution in run.executions:
        record = recorded.get(execution.node, {})
        took = f"{record['secs']:.1f}" if record else _secs(execution)
        rows = [(name, artifact) for name, artifacts in sorted(execution.outputs.items()) for artifact in artifacts]
        artifacts = Text("\n").join(_artifact_text(name, artifact, root) for name, artifact in rows)
        # The record knows a refusal, which is a failure to ML Metadata, and a killed run never closed its executions.
        stale = execution.state == "running" and run.state != "running"
        state = record.get("state") or ("interrupted" if stale else execution.state)
        table.add_row(execution.node, _state(state), took, artifacts)
    started = {execution.node for execution in run.executions}
    for node in run.record.get("nodes", []):
        if node["name"] not in started:
            table.add_row(node["name"], _state(node["state"]), "", "")
    return table


def _artifact_text(channel: str, artifact: Artifact, root: Path) -> Text:
    text = Text.assemble(f"{channel} ", (f"#{artifact.id} {_relative(artifact.uri, root)}", "dim"))
    return text.append(_telling(artifact.properties), "cyan")


def _telling(properties: dict[str, Any]) -> str:
    found = {name: str(properties[name]) for name in TELLING if name in properties}
    # TFX uses some of these names for whole protos, which say nothing on one line.
    shown = [f"{name}={value[:SHOWN_CHARACTERS]}" for name, value in found.items() if value and "\n" not in value]
    return f"  {' '.join(shown)}" if shown else ""


def _relative(uri: str, root: Path) -> str:
    return os.path.relpath(uri, root) if uri.startswith(str(root)) else uri


def _secs(execution: NodeExecution) -> str:
    return f"{execution.finished_secs - execution.started_secs:.1f} s"


def _state(state: str) -> Text:
    return Text(state, STYLES.get(state, ""))


def _started(run: Run) -> str:
    if run.executions:
        return datetime.datetime.fromtimestamp(run.executions[0].started_secs).strftime("%Y-%m-%d %H:%M:%S")
    return run.record.get("started_at", "")


def _headline(metrics: dict[str, float]) -> str:
    names = [name for name in metrics if name.startswith("test_") and name != "test_example_count"]
    return f"{names[0].removeprefix('test_')} {metrics[names[0]]:.4f}" if names else ""
