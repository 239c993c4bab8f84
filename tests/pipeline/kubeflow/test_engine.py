import pytest

from pipeline.beam.section import BeamConfig
from pipeline.errors import ConfigError
from pipeline.kubeflow.engine import check_engine
from pipeline.kubeflow_options import KubeflowConfig
from tests.pipeline.beam.sections import EXTERNAL, SECTIONS

STORAGE = {"claim": "slipway", "mount_path": "/mnt/slipway"}
BUCKET = KubeflowConfig(image="slipway:1", pipeline_root="gs://bucket/slipway")
STAGED = KubeflowConfig(image="slipway:1", pipeline_root="minio://bucket/slipway", storage=STORAGE)
BESIDE = {**SECTIONS["portable"], "environment": {"kind": "external", "address": "localhost:50000"}}


@pytest.mark.parametrize("engine", SECTIONS)
def test_workers_anywhere_reach_a_bucket(engine):
    check_engine(BeamConfig.model_validate(SECTIONS[engine]), BUCKET)


@pytest.mark.parametrize("section", [{}, SECTIONS["direct"], SECTIONS["portable"], BESIDE])
def test_workers_in_the_pod_see_what_the_launcher_brought_there(section):
    check_engine(BeamConfig.model_validate(section), STAGED)


@pytest.mark.parametrize(
    "section",
    [
        SECTIONS["flink"],
        SECTIONS["spark"],
        SECTIONS["dataflow"],
        {**SECTIONS["portable"], "environment": EXTERNAL},
        # Each machine of the cluster has a pool of its own beside it.
        {**SECTIONS["flink"], "environment": BESIDE["environment"]},
    ],
)
def test_workers_elsewhere_would_not(section):
    engine = section["engine"]
    with pytest.raises(ConfigError, match=rf"gs:// where the workers of beam\.engine {engine} .* Received: 'minio://"):
        check_engine(BeamConfig.model_validate(section), STAGED)
