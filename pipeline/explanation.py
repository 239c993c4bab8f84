"""Options in the terminal: type, limits, default and meaning, and the keys below."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipeline.config_file import EXTENDS
from pipeline.config_keys import OptionGroup
from pipeline.option_search import FoundOption
from pipeline.option_text import default_text, model_description, option_description, value_text


def print_group(console: Console, group: OptionGroup, *, indent: int = 0) -> None:
    """The keys of a group, one a row."""
    if group.kinds:
        heading = Text(f"kind: {', '.join(group.kinds)}", "bold")
        console.print(
            Padding(
                Text.assemble(heading, "  ", (model_description(group.model), "dim")), (0, 0, 0, indent), expand=False
            )
        )
    table = Table(box=None, show_header=False, pad_edge=False)
    for _ in range(4):
        table.add_column(overflow="fold")
    for option in group.options:
        default = default_text(option.info)
        cells = (option.key[-1], value_text(option.info), default, option_description(option))
        table.add_row(*(Text(cell, style) for cell, style in zip(cells, ("bold", "", "cyan", "dim"), strict=True)))
    console.print(Padding(table, (0, 0, 0, indent), expand=False))


def print_found(console: Console, found: FoundOption) -> None:
    """One key: what it is, once where it is the same for several kinds, and the keys below."""
    console.print(Text(found.key, "bold"))
    for kinds, lines in _describe(found):
        of = f" (kind: {', '.join(kinds)})" if kinds else ""
        console.print(Padding(Text(f"{lines[0]}{of}"), (0, 0, 0, 2), expand=False))
        for line in lines[1:]:
            console.print(Padding(Text(line, "dim"), (0, 0, 0, 2), expand=False))
    for group in found.below:
        console.print()
        print_group(console, group, indent=2)


def _describe(found: FoundOption) -> Iterator[tuple[list[str], list[str]]]:
    """(kinds, lines) for each way in which kinds have the option."""
    ways: dict[tuple[str, ...], list[str]] = {}
    for group, option in found.options:
        default = default_text(option.info)
        told = {"": "", "required": "; required"}.get(default, f"; default: {default}")
        lines = tuple(filter(None, (f"{value_text(option.info)}{told}", option_description(option))))
        ways.setdefault(lines, []).extend(group.kinds)
    yield from ((kinds, list(lines)) for lines, kinds in ways.items())


def print_sections(console: Console, groups: Sequence[OptionGroup]) -> None:
    """The keys of the config itself."""
    print_group(console, groups[0])
    for line in (
        f"{EXTENDS} beside them names a config that this one is laid over, relative to its folder.",
        "`slipway config explain KEY` says more of one, such as train.schedule or options.model.",
    ):
        console.print(line, style="dim")
