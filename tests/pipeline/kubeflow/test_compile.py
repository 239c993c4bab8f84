import dataclasses
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from kfp import components

from components.tuner.options import TuneOptions
from pipeline.commands.compile import command
from pipeline.config import load_config
from pipeline.errors import ConfigError
from pipeline.kubeflow.compile import compile_pipeline, node_resources, platform_spec, resource_spec, write_documents
from pipeline.kubeflow_options import KubeflowConfig, NodePool, NodeResources, Toleration

DIGITS = Path(__file__).resolve().parents[3] / "pipeline" / "configs" / "digits.yaml"
POOL = NodePool(node_selector={"pool": "tpu"}, tolerations=(Toleration(key="google.com/tpu", operator="Exists"),))


def _kubeflow(**changes) -> KubeflowConfig:
    return KubeflowConfig(**{"image": "image:1", "pipeline_root": "/root", "node_pools": {"tpu": POOL}, **changes})


@pytest.fixture(scope="module")
def documents():
    config = load_config(DIGITS)
    return compile_pipeline(config, config.kubeflow)


@pytest.fixture(scope="module")
def executors(documents):
    return documents[0]["deploymentSpec"]["executors"]


def test_the_sdk_loads_both_documents(documents, tmp_path):
    write_documents(documents, tmp_path / "new" / "digits.yaml")
    loaded = components.load_component_from_file(str(tmp_path / "new" / "digits.yaml"))
    assert len(loaded.pipeline_spec.root.dag.tasks) == 13
    executor = loaded.platform_spec.platforms["kubernetes"].deployment_spec.executors["Trainer_executor"]
    assert executor["nodeSelector"]["labels"]["cloud.google.com/gke-accelerator"] == "nvidia-l4"
    assert executor["tolerations"][0]["key"] == "nvidia.com/gpu"


@pytest.mark.parametrize("tune", [None, {"space": {"train.epochs": {"min": 3, "max": 4, "kind": "int"}}}])
def test_the_nodes_that_a_config_may_name_are_those_of_the_dag(tune):
    config = load_config(DIGITS)
    config = config.model_copy(update={"tune": tune and TuneOptions.model_validate(tune)})
    [spec, _] = compile_pipeline(config, config.kubeflow)
    assert set(spec["root"]["dag"]["tasks"]) == set(config.node_names())


def test_the_sdk_reads_how_often_a_step_starts_again(documents, tmp_path):
    write_documents(documents, tmp_path / "digits.yaml")
    tasks = components.load_component_from_file(str(tmp_path / "digits.yaml")).pipeline_spec.root.dag.tasks
    retries = {name: task.retry_policy.max_retry_count for name, task in tasks.items()}
    assert {name: count for name, count in retries.items() if count} == {"Trainer": 3}


def test_a_name_with_underscores_is_the_model_s_and_has_dashes_on_kubeflow():
    config = load_config(DIGITS).model_copy(update={"name": "my_digits"})
    [spec, _] = compile_pipeline(config, config.kubeflow)
    assert spec["pipelineInfo"]["name"] == "my-digits"
    parameters = spec["root"]["dag"]["tasks"]["Pusher"]["inputs"]["parameters"]
    assert parameters["model_name"]["runtimeValue"]["constant"] == "my_digits"


def test_it_is_of_the_schema_that_the_backend_accepts(documents):
    assert documents[0]["schemaVersion"] == "2.1.0"


def test_every_step_runs_the_image_with_its_entry_point(executors):
    dockerfile = (DIGITS.parents[2] / "Dockerfile").read_text()
    for executor in executors.values():
        assert executor["container"]["image"] == "registry.example.com/slipway:0.1.0"
        entry_point = ", ".join(f'"{word}"' for word in executor["container"]["command"])
        assert f"ENTRYPOINT [{entry_point}]" in dockerfile


def test_resources_land_on_their_step(executors):
    trainer = executors["Trainer_executor"]["container"]["resources"]
    assert trainer["cpuLimit"] == 4
    assert trainer["memoryLimit"] == pytest.approx(16 * 2**30 / 1e9)
    assert trainer["accelerator"] == {"type": "nvidia.com/gpu", "count": "1"}
    assert executors["Pusher_executor"]["container"]["resources"] == {
        "cpuLimit": 1,
        "memoryLimit": pytest.approx(4 * 2**30 / 1e9),
    }


def test_the_data_gate_holds_transform_back(documents):
    assert "DataGate" in documents[0]["root"]["dag"]["tasks"]["Transform"]["dependentTasks"]


def test_a_node_overrides_the_default_key_by_key():
    kubeflow = _kubeflow(default=NodeResources(cpu="1", memory="2Gi"), nodes={"Trainer": NodeResources(cpu="8")})
    resources = node_resources(kubeflow, ["Trainer", "Pusher"])
    assert (resources["Trainer"].cpu, resources["Trainer"].memory) == ("8", "2Gi")
    assert resources["Pusher"] == kubeflow.default


@pytest.mark.parametrize(("text", "cores"), [("500m", 0.5), ("4", 4), ("1.5", 1.5)])
def test_cores(text, cores):
    assert resource_spec(NodeResources(cpu=text)).cpu_limit == cores


@pytest.mark.parametrize("field", ["cpu", "memory"])
def test_what_is_no_quantity_is_refused(field):
    with pytest.raises(ConfigError, match=rf"{field} must be a quantity .* Received: '4 GB'"):
        resource_spec(NodeResources(**{field: "4 GB"}))


def test_pools_become_selectors_and_tolerations():
    resources = {"Trainer": NodeResources(pool="tpu"), "Pusher": NodeResources()}
    executors = platform_spec(_kubeflow(), resources)["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert executors == {
        "Trainer_executor": {
            "nodeSelector": {"labels": {"pool": "tpu"}},
            "tolerations": [{"key": "google.com/tpu", "operator": "Exists"}],
        }
    }


def test_without_pools_there_is_no_second_document():
    assert platform_spec(_kubeflow(), {"Trainer": NodeResources(cpu="1")}) is None


def test_a_config_without_the_section_is_refused(tmp_path):
    config = yaml.safe_load(DIGITS.read_text())
    del config["kubeflow"]
    (tmp_path / "pipeline.yaml").write_text(yaml.safe_dump(config))
    result = CliRunner().invoke(command, [str(tmp_path / "pipeline.yaml"), "--out", str(tmp_path / "out.yaml")])
    assert isinstance(result.exception, ConfigError)
    assert "compiling needs the section kubeflow" in str(result.exception)
    assert not (tmp_path / "out.yaml").exists()


def test_a_crash_while_writing_leaves_the_old_file(tmp_path, documents):
    path = tmp_path / "digits.yaml"
    path.write_text("old")
    with pytest.raises(yaml.YAMLError):
        write_documents([*documents, {"unwritable": dataclasses}], path)
    assert path.read_text() == "old"
