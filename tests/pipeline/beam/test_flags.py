"""Read back by Beam's own parser."""

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions, StandardOptions
from apache_beam.options.pipeline_options_validator import PipelineOptionsValidator
from apache_beam.runners import create_runner
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.environments import DockerEnvironment, Environment, ExternalEnvironment, ProcessEnvironment
from tfx.utils.dependency_utils import make_beam_dependency_flags

from pipeline.beam.flags import beam_flags, own_flags
from pipeline.beam.section import BeamConfig
from tests.pipeline.beam.sections import ADDRESS, SECTIONS

RUNNERS = {
    "direct": "FnApiRunner",
    "flink": "FlinkRunner",
    "spark": "SparkRunner",
    "dataflow": "DataflowRunner",
    "portable": "PortableRunner",
}


def _flags(engine: str, **changes) -> list[str]:
    return beam_flags(BeamConfig.model_validate({**SECTIONS[engine], **changes}), "Transform")


def _read(engine: str, **changes) -> dict:
    """What Beam understands; all of it must be its own."""
    options = PipelineOptions(_flags(engine, **changes)).get_all_options(retain_unknown_options=True)
    assert options.keys() == PipelineOptions([]).get_all_options().keys()
    return options


@pytest.mark.parametrize("engine", SECTIONS)
def test_they_name_the_engine_s_runner(engine):
    runner = create_runner(PipelineOptions(_flags(engine)).view_as(StandardOptions).runner)
    assert type(runner).__name__ == RUNNERS[engine]


# Dataflow's would ask Google's servers.
@pytest.mark.parametrize("engine", sorted(SECTIONS.keys() - {"dataflow"}))
def test_beam_finds_nothing_wrong_with_them(engine):
    flags = _flags(engine)
    assert PipelineOptionsValidator(PipelineOptions(flags), beam.Pipeline(argv=flags).runner).validate() == []


def test_a_job_may_take_longer_than_an_answer():
    """Beam's default of a minute ends jobs of job servers that know them before they run."""
    assert PipelineOptions([]).view_as(PortableOptions).job_server_timeout == 60
    assert _read("portable")["job_server_timeout"] >= 24 * 3600
    assert _read("portable", args=["--job_server_timeout=7"])["job_server_timeout"] == 7


@pytest.mark.parametrize("engine", SECTIONS)
def test_tfx_builds_no_package_of_itself(engine):
    assert make_beam_dependency_flags(_flags(engine)) == _flags(engine)


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        ("direct", {"direct_running_mode": "multi_processing", "direct_num_workers": 2}),
        ("flink", {"flink_master": "flink.example.com:8081", "parallelism": 4, "environment_type": "EXTERNAL"}),
        ("spark", {"job_endpoint": "jobs.example.com:8099", "environment_config": ADDRESS}),
        ("portable", {"job_endpoint": "localhost:8099", "environment_type": "PROCESS"}),
        (
            "dataflow",
            {
                "project": "a-project",
                "region": "europe-west4",
                "temp_location": "gs://bucket/temp",
                "sdk_container_image": "registry.example.com/mine:1",
                "max_num_workers": 8,
            },
        ),
    ],
)
def test_each_key_is_where_beam_looks_for_it(engine, expected):
    read = _read(engine)
    assert {name: read[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("environment", "made", "told"),
    [
        ({"kind": "external", "address": ADDRESS}, ExternalEnvironment, {"url": ADDRESS}),
        (
            {"kind": "process", "command": "/opt/boot", "env": {"PYTHONPATH": "/mine"}},
            ProcessEnvironment,
            {"command": "/opt/boot", "env": {"PYTHONPATH": "/mine"}},
        ),
        ({"kind": "docker", "image": "mine:1"}, DockerEnvironment, {"container_image": "mine:1"}),
    ],
)
def test_beam_makes_the_environment_that_was_meant(environment, made, told):
    options = PipelineOptions(_flags("flink", environment=environment)).view_as(PortableOptions)
    found = Environment.from_options(options)
    assert type(found) is made
    assert {name: getattr(found, name) for name in told} == told
    # Nothing goes by way of the job server's disk, which the engine's machines need not share.
    assert list(found.artifacts()) == []


def test_processes_a_machine_are_the_harness_s_count():
    assert _read("spark")["sdk_worker_parallelism"] == "3"


@pytest.mark.parametrize("section", [{}, {"mode": "multi_threading", "workers": 2}])
def test_without_an_engine_beam_runs_in_this_process(section):
    flags = beam_flags(BeamConfig.model_validate(section), "Transform")
    assert isinstance(beam.Pipeline(argv=flags).runner, FnApiRunner)
    assert make_beam_dependency_flags(flags) == flags


def test_a_node_that_is_not_named_runs_in_its_process():
    section = BeamConfig.model_validate(
        {**SECTIONS["flink"], "nodes": ["StatisticsGen"], "args": ["--max_parallelism=8"]}
    )
    assert beam_flags(section, "Transform") == beam_flags(BeamConfig(), "Transform")
    assert "--max_parallelism=8" in beam_flags(section, "StatisticsGen")


def test_the_flags_of_a_section_are_known_by_name():
    assert {"runner", "flink_master", "environment_type"} <= {*own_flags(BeamConfig.model_validate(SECTIONS["flink"]))}
