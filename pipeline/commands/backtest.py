"""`slipway backtest`."""

from pathlib import Path
from typing import Any

import click

from data.did_you_mean import did_you_mean
from pipeline.config import load_config, load_task
from pipeline.errors import UsageError
from pipeline.local_path import LOCAL_PATH
from pipeline.session import root_of
from pipeline.set_option import set_option
from records.root import REGISTRY

# SARIMA's fit takes minutes where a season is long: only when it is asked for.
DEFAULT = ("repeat", "seasonal naive", "linear regression on lags", "ETS (Holt-Winters)")


@click.command()
@click.argument("config", type=LOCAL_PATH)
@click.option("--root", type=LOCAL_PATH, help="What `slipway run` wrote; default: the config's.")
@click.option("--version", "number", type=click.IntRange(min=1), help="Default: the one in production.")
@click.option("--every", type=click.IntRange(min=1), help="Rows between two forecasts; default: the horizon.")
@click.option("--against", multiple=True, help="A traditional forecaster; may be repeated. Default: all but SARIMA.")
@set_option
def command(
    config: Path,
    changes: dict[str, Any],
    root: Path | None,
    number: int | None,
    every: int | None,
    against: tuple[str, ...],
) -> None:
    """Forecast the test range of CONFIG again and again, by a pushed version and by traditional forecasters.

    Draws the forecasts, the attention of the last one and a table of all forecasters into ROOT/backtest/report.html and
    the reports of the root's runs.
    """
    from studies.backtest.traditional import TRADITIONAL
    from tasks.forecasting import Forecasting

    pipeline_config = load_config(config, changes)
    task = load_task(pipeline_config, config)
    if not isinstance(task, Forecasting):
        raise UsageError(f"CONFIG must be of a forecasting task. Received: {pipeline_config.task} in {config}.")
    unknown = [name for name in against if name not in TRADITIONAL]
    if unknown:
        raise UsageError(
            f"--against must be one of {', '.join(TRADITIONAL)}. Received: {unknown[0]}."
            f"{did_you_mean(unknown[0], TRADITIONAL)}"
        )
    from pipeline.console import quiet_terminal
    from studies.backtest.page import BACKTEST
    from studies.pushed import find_version

    place = root_of(pipeline_config, root).path
    version = find_version(pipeline_config.push.registry or place / REGISTRY, pipeline_config.name, number)
    with quiet_terminal(place / BACKTEST.folder / "log") as console:
        with console.status("Forecasting …"):
            from studies.backtest.study import backtest

            results = backtest(task, version, every=every or task.options.horizon, against=against or DEFAULT)
        BACKTEST.publish(place, {"pipeline": pipeline_config.name, **results}, console)
