"""The summary on the terminal when a run is over."""

from etils import epath
from rich.console import Console
from rich.table import Table

from inspection.limits import count_limits
from pipeline.root import Root
from pipeline.shown_commands import shown_command
from records.push import Push
from records.run import RECORD_FILE, RunRecord
from records.spans import describe_spans
from serving.registry import Registry
from serving.registry.errors import RegistryError


def print_summary(console: Console, record: RunRecord, root: Root, *, metric: str) -> None:
    """Results, gates, times and where to look next."""
    console.print()
    if record.variants:
        console.print(_variants(record, metric))
    for line in [*_results(record, root, metric), *_times(record), *_next_steps(record, root)]:
        console.print(line, highlight=False, soft_wrap=True)


def _results(record: RunRecord, root: Root, metric: str) -> list[str]:
    lines = []
    if record.spans:
        lines.append(f"[bold]data[/bold]           span {describe_spans(record.spans)}")
    value = record.metrics.get(f"test_{metric}")
    if value is not None:
        lines.append(f"[bold]test {metric}[/bold]  {value:.4f}  ({record.metrics['parameters']:,.0f} parameters)")
    if record.hyperparameters:
        found = ", ".join(
            f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
            for key, value in record.hyperparameters.items()
        )
        lines.append(f"[bold]tuned[/bold]          {found}")
    if record.gates:
        lines.append(f"[bold]gates[/bold]          {count_limits(record.gates)}")
    if record.choice is not None and record.choice.variant is not None:
        lines.append(f"[bold]chosen[/bold]         {record.choice.variant}: {record.choice.reason}")
    for finding in record.gates:
        if not finding.passed and not finding.stops:
            lines.append(f"[bold]left out[/bold]       {finding}")
    for push in record.pushes:
        what = f"version {push.version} as {push.stage}" if push.in_this_run else _pushed_before(record, push)
        destination = push.destination.replace(str(root.path), root.shown)
        lines.append(f"[bold]pushed[/bold]         {what}: {destination}")
    return lines


def _pushed_before(record: RunRecord, push: Push) -> str:
    """An unchanged model is not pushed again, and its label is left where it was moved since, unless the config asks
    for another one than before."""
    number = push.version
    if push.moved_from:
        return f"version {number} by an earlier run, moved from {push.moved_from} to {push.stage}"
    try:
        now = Registry(epath.Path(push.destination).parent.parent).version(record.pipeline, number).stage
    except RegistryError:
        return f"version {number} by an earlier run; the registry no longer has it"
    return f"version {number} by an earlier run, now {now}"


def _variants(record: RunRecord, metric: str) -> Table:
    are_left_out = any(variant.left_out for variant in record.variants)
    title = "TFLite variants (in brackets: left out)" if are_left_out else "TFLite variants"
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("variant", overflow="fold")
    for column in ("bytes", "gzip bytes", metric, "p50 ms", "p99 ms"):
        table.add_column(column, justify="right")
    table.add_column("XNNPACK")
    for variant in record.variants:
        table.add_row(
            f"({variant.name})" if variant.left_out else variant.name,
            f"{variant.bytes:,}",
            f"{variant.gzip_bytes:,}",
            "" if variant.metric is None else f"{variant.metric:.4f}",
            f"{variant.latency_p50_ms:.3f}",
            f"{variant.latency_p99_ms:.3f}",
            "yes" if variant.delegated else "no",
        )
    return table


def _times(record: RunRecord) -> list[str]:
    cached = sum(node.cached for node in record.nodes)
    parts = {
        "start-up (imports, config, cache keys)": record.startup_secs,
        "executors": record.executor_secs,
        "launcher and ML Metadata": record.nodes_secs - record.executor_secs,
        "reading results": record.total_secs - record.startup_secs - record.nodes_secs,
    }
    told = ", ".join(f"{part} {secs:.1f} s" for part, secs in parts.items() if secs >= 0.05)
    return [
        f"[bold]time[/bold]           {record.total_secs:.1f} s: {told}; "
        f"{cached} of {len(record.nodes)} nodes from the cache"
    ]


def _next_steps(record: RunRecord, root: Root) -> list[str]:
    lines = [
        f"[bold]record[/bold]         {root.shown}/runs/{record.run_id}/{RECORD_FILE}",
        f"[bold]next[/bold]           {shown_command('report', record.run_id, '--root', root.path)}",
    ]
    if record.pushes:
        version = f"{record.pipeline}/{record.pushes[0].version}"
        lines.append(f"               {shown_command('inspect', 'lineage', version, '--root', root.path)}")
    return lines
