"""The reference of all options, as one page of Markdown."""

import re
from collections.abc import Iterator, Sequence

from pipeline.config import PipelineConfig
from pipeline.config_keys import OptionGroup, key_text, option_groups
from pipeline.option_text import default_text, model_description, option_description, value_text
from tasks.loading import task_class

_INTRODUCTION = """\
# All options

Made by `slipway config reference`. In the terminal, `slipway config explain KEY` says the same of one key, such as
`train.schedule` or `options.model`; with `--task my_task.MyTask` of the options of a task of your own too. NAME stands
for a name of yours, such as a metric's, and `[]` for each entry of a list. A key that is not required and has no
default is a section whose keys have defaults.

Beside these keys a config may have `extends`, the path of a config that it is laid over, relative to its own folder.
"""


def reference(tasks: Sequence[str]) -> str:
    """The page, with the options of tasks by their dotted paths.

    Raises:
      TaskNotFoundError: a path leads to no task.
    """
    parts = [_INTRODUCTION, "## The config\n", *_tables(list(option_groups(PipelineConfig)))]
    for task in tasks:
        parts += [f"## Options of `{task}`\n", *_tables(list(option_groups(task_class(task).Options, ("options",))))]
    return "\n".join(parts)


def _tables(groups: Sequence[OptionGroup]) -> Iterator[str]:
    seen = set()
    for group in groups:
        # Sources of several kinds share a section.
        if (group.key, group.model) in seen:
            continue
        seen.add((group.key, group.model))
        if group.key:
            kinds = f", kind: {', '.join(group.kinds)}" if group.kinds else ""
            yield f"### `{key_text(group.key)}`{kinds}\n"
            yield f"{_escape(model_description(group.model))}\n"
        yield "| key | value | default | what |\n|---|---|---|---|"
        for option in group.options:
            default = default_text(option.info)
            shown = default if default in ("", "required") else f"`{default}`"
            cells = (f"`{option.key[-1]}`", value_text(option.info), shown, option_description(option))
            yield f"| {' | '.join(map(_escape, cells))} |"
        yield ""


def _escape(text: str) -> str:
    """Escapes what Markdown would take for emphasis or the end of a cell; code stays as it is."""
    parts = re.split(r"(`[^`]*`)", text.replace("|", r"\|"))
    return "".join(part if part.startswith("`") else re.sub(r"([*<])", r"\\\1", part) for part in parts)
