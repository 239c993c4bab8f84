"""The sources of series that a config can name by their `kind`."""

from typing import Annotated

from pydantic import Field

from data.series.co2 import CO2
from data.series.file import SeriesFile

SeriesSource = Annotated[SeriesFile | CO2, Field(discriminator="kind")]
