"""Nodes whose outputs depend on the registry too, which the cache does not see."""

from inspection.store import RunStore
from pipeline.config import PipelineConfig
from pipeline.root import Root
from records.properties import INCOMPARABLE, REGISTRY_VERSION
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
    push = store.last_success("Pusher", pipeline=config.name)
    is_other_stage = push is not None and push.properties["stage"] != config.push.stage
    checks = {"Pusher": is_other_stage, "Baseline": _is_outdated(store, config, root)}
    return tuple(node for node, is_uncached in checks.items() if is_uncached)


def _is_outdated(store: RunStore, config: PipelineConfig, root: Root) -> bool:
    """Whether the cache may have such a Baseline. Which one it would give takes TFX to tell: the newest of each model
    counts, so that one for another model may run Baseline once more than it has to."""
    if config.evaluate.incomparable_baseline == "ignore":
        return False
    newest = {}
    for execution in store.successes("Baseline", pipeline=config.name):
        model = tuple(artifact.id for artifact in execution.inputs.get("model", ()))
        [newest[model]] = execution.outputs["baseline"]
    judged = {each.properties[REGISTRY_VERSION] for each in newest.values() if each.properties.get(INCOMPARABLE)}
    if not judged:
        return False
    now = Registry(config.push.registry or root.registry).at_stage(config.name, "production")
    return judged != {now.number if now else 0}
