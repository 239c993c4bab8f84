import pytest
from pydantic import ValidationError

from pipeline.beam.section import BeamConfig
from tests.pipeline.beam.sections import EXTERNAL, SECTIONS

DOCKER = {"kind": "docker", "image": "apache/beam_python3.11_sdk:2.61.0"}


@pytest.mark.parametrize("engine", SECTIONS)
def test_a_section_is_what_its_json_says(engine):
    section = BeamConfig.model_validate(SECTIONS[engine])
    assert section.engine == engine
    assert BeamConfig.model_validate(section.model_dump(mode="json")) == section


@pytest.mark.parametrize(
    ("engine", "changes", "message"),
    [
        (
            "direct",
            {"parallelism": 2},
            r"parallelism is of engine flink, portable\. Received: .*=2 with .*direct",
        ),
        ("direct", {"environment": EXTERNAL}, r"environment is of engine flink.*Received: environment=external"),
        ("direct", {"mode": "in_memory"}, r"workers needs mode multi_threading or .* Received: workers=2"),
        ("direct", {"mode": None}, r"workers needs mode"),
        ("direct", {"nodes": ["Trainer"]}, r"nodes.0\n .*'ExampleGen', 'StatisticsGen', 'Transform'"),
        ("direct", {"nodes": []}, r"at least 1"),
        ("direct", {"args": ["max_parallelism=3"]}, r"--NAME or --NAME=VALUE. Received: 'max_parallelism=3'"),
        ("flink", {"master": None}, r"engine flink needs master, such as localhost:8081, or the job_endpoint"),
        ("flink", {"master": "flink.example.com"}, r"master of flink must be .* Received: 'flink.example.com'"),
        ("flink", {"master": "spark://one:7077"}, r"master of flink must be written as localhost:8081"),
        ("flink", {"environment": None}, r"engine flink needs environment"),
        (
            "flink",
            {"environment": {"kind": "loopback"}},
            r"on the step's machine. Received: flink.example.com",
        ),
        ("flink", {"environment": DOCKER}, r"must be an image that holds Slipway.*Received: 'apache/beam_python3.11"),
        ("flink", {"environment": {**EXTERNAL, "address": "pool"}}, r"must be HOST:PORT.* Received: 'pool'"),
        ("flink", {"mode": "multi_processing"}, r"mode is of engine direct"),
        ("flink", {"job_server_jar": "a.jar", "job_endpoint": "a:1"}, r"job_server_jar .* goes without job_endpoint"),
        ("spark", {"master": "localhost:7077"}, r"must be written as spark://localhost:7077"),
        ("spark", {"parallelism": 2}, r"parallelism is of engine flink, portable"),
        ("portable", {"job_endpoint": None}, r"engine portable needs job_endpoint"),
        ("portable", {"job_endpoint": "http://a:1"}, r"must be HOST:PORT"),
        ("dataflow", {"project": None, "region": None}, r"engine dataflow needs project, region"),
        ("dataflow", {"temp_location": "/tmp"}, r"temp_location of dataflow must be at gs://. Received: '/tmp'"),
        ("dataflow", {"environment": EXTERNAL}, r"environment of dataflow is of kind docker. Received: external"),
    ],
)
def test_what_an_engine_cannot_have_is_refused(engine, changes, message):
    with pytest.raises(ValidationError, match=message):
        BeamConfig.model_validate({**SECTIONS[engine], **changes})


@pytest.mark.parametrize("master", ["localhost:8081", "127.0.0.1:8081", "http://localhost:8081", "[local]"])
def test_a_cluster_on_this_machine_reaches_the_step_itself(master):
    section = {"engine": "flink", "master": master, "environment": {"kind": "loopback"}}
    assert BeamConfig.model_validate(section).master == master


@pytest.mark.parametrize("master", ["local", "local[4]", "local[*]", "spark://localhost:7077"])
def test_so_does_one_of_spark(master):
    section = {"engine": "spark", "master": master, "environment": {"kind": "loopback"}}
    assert BeamConfig.model_validate(section).master == master
