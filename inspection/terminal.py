"""Runs, one run and lineages as a terminal shows them."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from inspection.limits import count_limits, verdict
from inspection.lineage import Step, origin_of
from inspection.locate import NEVER_BEGUN
from inspection.runs import NodeView, Run, RunOverview, key_metrics, nodes_of, utc
from inspection.store import Artifact
from records.evaluation import Interval
from records.findings import Finding
from records.properties import BLESSED, INCOMPARABLE, PUSHED_VERSION, REGISTRY_VERSION
from records.run import RunRecord
from records.spans import describe_spans

STYLES = {"done": "green", "cached": "cyan", "failed": "red", "refused": "yellow", "interrupted": "yellow"}
# Enough to tell two digests apart.
DIGEST_CHARACTERS = 12


def runs_table(found: Iterable[RunOverview]) -> RenderableType:
    """A row a run."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    # What may be folded on a narrow terminal: a time between date and hour, metrics between one another.
    table.add_column("run", no_wrap=True)
    table.add_column("started (UTC)", min_width=len("2026-01-01"))
    table.add_column("state", no_wrap=True)
    for heading in ("secs", "cached"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("test metrics", overflow="fold")
    table.add_column("pushed", overflow="fold")
    for overview in found:
        table.add_row(
            overview.run_id,
            overview.started_at[:19].replace("T", " "),
            _state(overview.state),
            "" if overview.total_secs is None else f"{overview.total_secs:.1f}",
            f"{overview.cached}/{overview.nodes}",
            _metrics(overview.metrics),
            ", ".join(overview.pushed),
        )
    return table


def run_details(found: Run, root: Path) -> RenderableType:
    """Nodes with their artifacts, then gates and what went wrong."""
    record, nodes = found.record, nodes_of(found)
    heading = Text.assemble("run ", (found.run_id, "bold"), "  ", _state(found.state))
    if record:
        cached = sum(node.cached for node in record.nodes)
        heading.append(f"  {record.started_at[:19].replace('T', ' ')} UTC, {record.total_secs:.1f} s")
        heading.append(f", {cached} of {len(nodes)} nodes from the cache")
    else:
        is_over = found.state != "running"
        heading.append("  killed before it wrote a record" if is_over else "  its record is written when it ends")
    parts: list[RenderableType] = [heading]
    if record and record.spans:
        parts.append(Text(f"data: span {describe_spans(record.spans)}"))
    if record and key_metrics(record):
        parts.append(Text(f"test {_metrics(key_metrics(record), record.intervals)}"))
    for push in record.pushes if record else ():
        what = "pushed" if push.in_this_run else "pushed by an earlier run:"
        stage = f", moved from {push.moved_from} to" if push.moved_from else " as"
        parts.append(Text(f"{what} {_relative(push.destination, root)}{stage} {push.stage}"))
    parts += [Text(""), *_nodes(nodes, root)]
    if record:
        parts += [*_gates(record.gates), *_error(record)]
    return Group(*parts)


def _nodes(nodes: list[NodeView], root: Path) -> Iterable[RenderableType]:
    """A line a node, and below it a line an artifact in columns that all nodes share."""

    artifacts = [output for node in nodes for output in node.outputs]
    name_width = max((len(node.name) for node in nodes), default=0)
    for node in nodes:
        secs = "" if node.secs is None or node.state in NEVER_BEGUN else f"{node.secs:.1f} s"
        line = Text.assemble((node.name.ljust(name_width), "bold"), "  ", _state(node.state), overflow="fold")
        if node.execution:
            line.append(f"{secs:>{20 - len(node.state)}}").append(
                _list_values(origin_of(node.execution), before="  "), "cyan"
            )
        yield line
        if node.reasons:
            yield Text(f"  {'; '.join(node.reasons)}", "dim", overflow="fold")
        if node.outputs:
            grid = Table.grid(padding=(0, 2, 0, 0))
            # Two more for the indentation.
            grid.add_column(justify="right", width=2 + max(len(f"#{artifact.id}") for _, artifact in artifacts))
            grid.add_column(width=max(len(channel) for channel, _ in artifacts), overflow="fold")
            grid.add_column(width=max(len(artifact.type) for _, artifact in artifacts), overflow="fold")
            grid.add_column(overflow="fold")
            for channel, artifact in node.outputs:
                place = Text(_relative(artifact.uri, root), "dim", overflow="fold")
                place.append(_telling(artifact), "not dim cyan")
                grid.add_row(f"#{artifact.id}", channel, artifact.type, place)
            yield grid


def _gates(findings: list[Finding]) -> Iterable[Text]:
    """Each limit that was missed or did not apply, and for each gate the number of limits that were kept."""
    if not findings:
        return
    yield Text(f"\ngates  {count_limits(findings)}")
    shown = (("missed", "missed", "yellow"), ("left out", "left out", "yellow"), ("not applicable", "n/a", "dim"))
    for what, label, style in shown:
        for finding in (finding for finding in findings if verdict(finding) == what):
            yield Text.assemble("  ", (f"{label:8}", style), f"  {finding.gate}: {finding}", overflow="fold")
    kept = [finding.gate for finding in findings if verdict(finding) == "kept"]
    for finding in findings:
        # What was kept, but might as well be chance, or is by chance alone.
        if verdict(finding) == "kept" and (finding.interval or finding.p_value is not None):
            yield Text.assemble("  ", (f"{'kept':8}", "green"), f"  {finding.gate}: {finding}", overflow="fold")
    if kept:
        counts = ", ".join(f"{name} {kept.count(name)}" for name in dict.fromkeys(kept))
        yield Text.assemble("  ", ("kept", "green"), f"      {counts}")


def _error(record: RunRecord) -> Iterable[Text]:
    # A refusal repeats the limits that were missed, which stand under the gates already.
    shown = {str(finding) for finding in record.gates if not finding.passed}
    lines = [line for line in (record.error or "").splitlines() if line.strip() not in shown]
    if lines:
        yield Text(f"\n{record.state}: " + "\n".join(lines), STYLES.get(record.state, ""), overflow="fold")


def lineage_tree(heading: Mapping[str, Any], step: Step, root: Path) -> RenderableType:
    """The pushed model on top, the data at the leaves."""
    stage = (heading["stage"], "green") if heading["stage"] else ("no longer in the registry", "yellow")
    label = Text.assemble((heading["version"], "bold"), "  ", stage)
    label.append(f"  {_relative(heading['destination'], root)}", "dim")
    if heading["metrics"]:
        label.append(f"\n{_metrics(heading['metrics'])}")
    tree = Tree(label, guide_style="dim")
    _grow(tree, step, root)
    return tree


def _grow(tree: Tree, step: Step, root: Path) -> None:
    execution = step.execution
    text = Text(execution.node, "bold", overflow="fold")
    if step.blessed is not None:
        text.append(
            "  blessed" if step.blessed else "  not blessed", "not bold green" if step.blessed else "not bold red"
        )
    when = utc(execution.finished_secs)[:19].replace("T", " ")
    text.append(f"  execution {execution.id} of {execution.run_id}, {execution.state} {when}", "not bold")
    outputs = [(f"#{id_} {channel}", artifact) for id_, (channel, artifact) in sorted(step.outputs.items())]
    width = max(len(name) for name, _ in outputs)
    for name, artifact in outputs:
        text.append(f"\n{name.ljust(width)}", "not bold")
        text.append(f"  {_relative(artifact.uri, root)}", "not bold dim")
        text.append(_telling(artifact), "not bold cyan")
    text.append(_list_values(origin_of(execution), before="\n"), "not bold cyan")
    if step.elsewhere:
        text.append(f"\nalso took {', '.join(f'#{a.id} {a.type}' for a in step.elsewhere)}", "not bold dim")
    branch = tree.add(text)
    for source in step.sources:
        _grow(branch, source, root)


def _telling(artifact: Artifact) -> str:
    """The properties that say what a person wants to know; TFX's own are mostly its version and empty strings."""
    properties, found = artifact.properties, []
    if properties.get(BLESSED) in (0, 1):
        found.append("blessed" if properties[BLESSED] else "not blessed")
    if artifact.type == "Examples":
        found.append("/".join(json.loads(properties.get("split_names") or "[]")))
    if PUSHED_VERSION in properties:
        found.append(f"version {properties[PUSHED_VERSION]}")
    if REGISTRY_VERSION in properties:
        number = properties[REGISTRY_VERSION]
        found.append(f"version {number}" if number else "no baseline")
        if properties.get(INCOMPARABLE):
            found.append(f"not comparable: {properties[INCOMPARABLE]}")
    return "".join(f"  {word}" for word in found if word)


def _list_values(values: Mapping[str, str | int], *, before: str) -> str:
    shown = {name: str(value) if name == "span" else str(value)[:DIGEST_CHARACTERS] for name, value in values.items()}
    named = ", ".join(f"{name} {value}" for name, value in shown.items())
    return f"{before}{named}" if named else ""


def _metrics(metrics: Mapping[str, float], intervals: Mapping[str, Interval] | None = None) -> str:
    ends = intervals or {}
    between = {name.removeprefix("test_"): f" ({low:.4g} to {high:.4g})" for name, (low, high) in ends.items()}
    return ", ".join(
        f"{name} {value:.4g}{between.get(name, '')}" for name, value in metrics.items() if name != "example_count"
    )


def _state(state: str) -> Text:
    return Text(state, STYLES.get(state, ""))


def _relative(uri: str, root: Path) -> str:
    # Whether it was written through a link or not.
    for base in (root.absolute(), root.resolve()):
        uri = uri.removeprefix(f"{base}{os.sep}")
    return uri
