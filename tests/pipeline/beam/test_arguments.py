import pytest

from pipeline.beam.arguments import check_arguments
from pipeline.beam.section import BeamConfig
from pipeline.errors import ConfigError
from tests.pipeline.beam.sections import SECTIONS


def _section(engine: str, *args: str) -> BeamConfig:
    return BeamConfig.model_validate({**SECTIONS[engine], "args": args})


@pytest.mark.parametrize(
    ("engine", "arg"),
    [
        ("direct", "--tfxio_use_byte_size_batching"),
        ("direct", "--direct_runner_bundle_repeat=1"),
        ("flink", "--max_parallelism=8"),
        ("flink", "--experiments=pre_optimize=all"),
        ("dataflow", "--worker_machine_type=n2-standard-4"),
        # The Java job server has more than Beam's Python knows of.
        ("flink", "--checkpointing_interval=1000"),
    ],
)
def test_beam_s_own_may_be_handed_on(engine, arg):
    check_arguments(_section(engine, arg))


@pytest.mark.parametrize(
    ("engine", "arg", "message"),
    [
        ("flink", "--max_paralelism=8", r"Received: --max_paralelism, which .*Did you mean max_parallelism\?"),
        ("dataflow", "--worker_machine_tipe=x", r"Received: --worker_machine_tipe, .*Did you mean \w*machine_type\?"),
        ("direct", "--anything_else", r"Received: --anything_else, which Beam does not know"),
        (
            "flink",
            "--flink_master=other:1",
            r"must leave out what .* own keys say. Received: --flink_master",
        ),
        ("direct", "--runner=FlinkRunner", r"Received: --runner\. Use the key"),
        ("flink", "--max_parallelism=many", r"Beam's parser. Received: --max_parallelism=many \(.*invalid int value"),
    ],
)
def test_slips_are_refused(engine, arg, message, capsys):
    with pytest.raises(ConfigError, match=message):
        check_arguments(_section(engine, arg))
    assert capsys.readouterr().err == ""
