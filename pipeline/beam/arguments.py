"""Arguments that a config hands on to Beam must be some of Beam's."""

import contextlib
import difflib
import io
import logging

from data.did_you_mean import did_you_mean
from pipeline.beam.flags import own_flags
from pipeline.beam.section import BeamConfig
from pipeline.errors import ConfigError

# Flags of TFX's own, which it takes from among Beam's.
TFX_FLAGS = ("tfxio_use_byte_size_batching",)
# Engines whose job server may have arguments that Beam's Python does not know.
HAVE_MORE = ("flink", "spark", "portable")
# How near an unknown one must be to a known one to be taken for a slip.
A_SLIP = 0.85


def check_arguments(beam: BeamConfig) -> None:
    """Refuses arguments that Beam's own parser does not know or that the section says otherwise. Imports Beam where
    there are any.

    Raises:
      ConfigError: names the argument and what may be meant.
    """
    own = own_flags(beam)
    for arg in beam.args:
        name = arg.removeprefix("--").partition("=")[0]
        if name in own and name != "experiments":
            raise ConfigError(
                f"beam.args must leave out what the section's own keys say. Received: --{name}. Use the key, which "
                f"`slipway config explain beam` names."
            )
        if name not in TFX_FLAGS:
            _check_known(arg, name, beam.engine)


def _check_known(arg: str, name: str, engine: str) -> None:
    from apache_beam.options.pipeline_options import PipelineOptions

    said = io.StringIO()
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stderr(said):
            options = PipelineOptions([arg])
            known = options.get_all_options()
            unknown = options.get_all_options(retain_unknown_options=True).keys() - known.keys()
    except SystemExit:
        reason = said.getvalue().strip().rpartition("error: ")[2]
        raise ConfigError(f"beam.args must suit Beam's parser. Received: {arg} ({reason}).") from None
    finally:
        logging.disable(logging.NOTSET)
    names = [*known, *TFX_FLAGS]
    if unknown and (engine not in HAVE_MORE or difflib.get_close_matches(name, names, cutoff=A_SLIP)):
        raise ConfigError(
            f"beam.args must name arguments of Beam's. Received: --{name}, which Beam does not know."
            f"{did_you_mean(name, names)}"
        )
