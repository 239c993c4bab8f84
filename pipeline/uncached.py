"""Nodes whose outputs depend on the registry too, which the cache does not see."""

from components.baseline.properties import INCOMPARABLE_PROPERTY, VERSION_PROPERTY
from inspection.store import RunStore
from pipeline.config import PipelineConfig
from pipeline.root import Root
from serving.registry import Registry


def uncached_nodes(config: PipelineConfig, root: Root) -> tuple[str, ...]:
    """Nodes that the cache has and that must run all the same.

    Pusher, where the last push asked for another stage: it moved the label, so that what an older run with today's
    stage had done is undone. Baseline, where it found a production version that the model cannot be compared with, for
    which the config refuses the model, and which is in production no longer.
    """
    if not root.metadata.exists():
        return ()
    store = RunStore(root.path)
    push = store.last_success("Pusher")
    is_other_stage = push is not None and push.properties["stage"] != config.push.stage
    checks = {"Pusher": is_other_stage, "Baseline": _is_outdated(store, config, root)}
    return tuple(node for node, is_uncached in checks.items() if is_uncached)


def _is_outdated(store: RunStore, config: PipelineConfig, root: Root) -> bool:
    last = store.last_success("Baseline")
    if last is None or config.evaluate.incomparable_baseline == "ignore":
        return False
    [baseline] = last.outputs["baseline"]
    if not baseline.properties.get(INCOMPARABLE_PROPERTY):
        return False
    now = Registry(config.push.registry or root.registry).at_stage(config.name, "production")
    return baseline.properties[VERSION_PROPERTY] != (now.number if now else 0)
