"""The type of those arguments of commands that are one of some names."""

from typing import Any

import click

from data.did_you_mean import did_you_mean


class KnownName(click.Choice[str]):
    """A name; of another one says which may be meant."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        return f"{super().get_invalid_choice_message(value, ctx)}{did_you_mean(str(value), self.choices)}"
