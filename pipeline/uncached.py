"""Nodes that the cache has and that must run all the same."""

from inspection.store import RunStore
from pipeline.config import PipelineConfig
from pipeline.root import Root


def uncached_nodes(config: PipelineConfig, root: Root) -> tuple[str, ...]:
    """Pusher, where the last push asked for another stage. It moved the label, so that what an older run with today's
    stage had done is undone."""
    last = RunStore(root.path).last_success("Pusher") if root.metadata.exists() else None
    return ("Pusher",) if last is not None and last.properties["stage"] != config.push.stage else ()
