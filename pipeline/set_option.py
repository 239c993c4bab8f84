"""The option `--set` of every command that takes a config."""

from typing import Any

import click
import yaml


class KeyAndValue(click.ParamType):
    """`KEY=VALUE` as (dotted key, value), the value read as YAML."""

    name = "KEY=VALUE"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        key, equals, text = value.partition("=")
        if not equals or not all(key.split(".")):
            self.fail(f"must be a dotted key and a value, such as train.epochs=3. Received: {value}", param, ctx)
        try:
            return key, yaml.safe_load(text)
        except yaml.YAMLError as error:
            reason = " ".join(str(error).split())
            self.fail(f"the value of {key} must be YAML. Received: {text} ({reason})", param, ctx)


set_option = click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    type=KeyAndValue(),
    callback=lambda ctx, param, pairs: dict(pairs),
    help="Another value than the config's, such as train.epochs=3 or 'evaluate.slices=[label]'; may be repeated.",
)
