import pytest

from pipeline.config import load_config
from pipeline.errors import ConfigError
from tests.e2e.commands import write_config


@pytest.mark.parametrize(
    ("beam", "message"),
    [
        ({"engine": "flnk"}, r"beam\.engine: must be one of direct, .* Received: 'flnk'\. Did you mean flink\?"),
        ({"engine": "flink", "environment": {"kind": "pool"}}, r"beam\.environment\.kind: must be one of .*external"),
        ({"engine": "flink", "master": "a:1"}, r"beam: engine flink needs environment"),
        ({"args": ["--direct_num_worker_count=2"]}, r"Received: --direct_num_worker_count.* mean direct_num_workers\?"),
    ],
)
def test_an_engine_is_checked_with_the_config(tmp_path, beam, message):
    with pytest.raises(ConfigError, match=message):
        load_config(write_config(tmp_path / "pipeline.yaml", beam=beam))


def test_the_key_of_earlier_versions_says_what_came_in_its_place(tmp_path):
    with pytest.raises(ConfigError, match=r"beam_args: no such key: it is `beam` now, .*Received: \['--runner=F'\]"):
        load_config(write_config(tmp_path / "pipeline.yaml", beam_args=["--runner=F"]))


def test_a_job_server_beside_the_config_is_found(tmp_path):
    flink = {"engine": "flink", "master": "localhost:8081", "environment": {"kind": "loopback"}}
    config = write_config(tmp_path / "pipeline.yaml", beam={**flink, "job_server_jar": "a.jar"})
    assert load_config(config).beam.job_server_jar == str(tmp_path / "a.jar")
