"""When a task that is not shipped is tried before a run; shipped ones are tested."""

from collections.abc import Container

from rich.console import Console
from tfx.orchestration.pipeline import Pipeline

from pipeline.config import PipelineConfig, load_task
from pipeline.plan import plan
from pipeline.root import Root
from tasks.shipped import SHIPPED_TASKS
from tasks.task_check import check_task


def try_own_task(
    config: PipelineConfig,
    pipeline: Pipeline,
    root: Root,
    *,
    console: Console,
    uncached: Container[str],
) -> None:
    """Tries the config's task unless it is shipped, or Evaluator has it in the cache.

    Args:
      config: checked.
      pipeline: pipeline of the config; its `enable_cache` counts.
      root: root of the pipeline.
      console: what the user sees.
      uncached: names of nodes that run whatever the cache has.

    Raises:
      WrongTaskError: what cannot be converted or evaluated, which would else be found after the training.
    """
    if config.task in SHIPPED_TASKS:
        return
    is_cached = {node.name: node.is_cached for node in plan(pipeline, root, uncached=uncached)}
    if not pipeline.enable_cache or not is_cached["Evaluator"]:
        with console.status("Trying the task …"):
            check_task(load_task(config))
