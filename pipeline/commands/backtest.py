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
    from models.traditional import TRADITIONAL
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
    place = root_of(pipeline_config, root).path
    from pipeline.console import quiet_terminal
    from pipeline.pushed import find_version

    version = find_version(pipeline_config.push.registry or place / REGISTRY, pipeline_config.name, number)

    with quiet_terminal(place / "backtest" / "log") as console:
        with console.status("Forecasting …"):
            from inspection.backtest import render, table
            from pipeline.backtest import Backtest, write_results

            backtest = Backtest(task, every=every or task.options.horizon)
            results = write_results(place, backtest.run(version, against or DEFAULT))
        console.print(table(results))
        page = results.with_name("report.html")
        page.write_text(render(results))
        console.print(f"Wrote {page}; open it in a browser.", highlight=False, soft_wrap=True)
