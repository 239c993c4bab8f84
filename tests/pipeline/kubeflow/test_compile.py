import dataclasses
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from kfp import components
from kfp.local.executor_input_utils import get_local_task_resource_name

from components.tuner.options import TuneOptions
from pipeline.beam.section import BEAM_NODES, BeamConfig
from pipeline.commands.compile import command
from pipeline.config import load_config
from pipeline.errors import ConfigError
from pipeline.kubeflow.compile import compile_pipeline, write_documents
from pipeline.kubeflow.compiled_run import VARIABLE, compiled_run
from tests.pipeline.beam.sections import SECTIONS

DIGITS = Path(__file__).resolve().parents[3] / "pipeline" / "configs" / "digits.yaml"


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


def test_the_sdk_reads_all_of_how_often_a_step_starts_again(documents, tmp_path):
    """With less than all of it no step starts again: argocompiler/container.go:411 of kubeflow/pipelines 2.17.0."""
    write_documents(documents, tmp_path / "digits.yaml")
    tasks = components.load_component_from_file(str(tmp_path / "digits.yaml")).pipeline_spec.root.dag.tasks
    [(name, policy)] = [(name, task.retry_policy) for name, task in tasks.items() if task.HasField("retry_policy")]
    assert (name, policy.max_retry_count, policy.backoff_duration.seconds) == ("Trainer", 3, 60)
    assert policy.backoff_factor == 2
    assert policy.backoff_max_duration.seconds == 30 * 24 * 3600


def test_the_root_is_what_the_pipelines_page_offers(documents):
    assert documents[0]["defaultPipelineRoot"] == "gs://example-bucket/slipway"


def test_components_are_called_as_kfp_calls_them_and_tasks_as_nodes(documents):
    """kfp.local takes `comp-` off: get_local_task_resource_name of kfp 2.17.0, local/executor_input_utils.py:115."""
    tasks = documents[0]["root"]["dag"]["tasks"]
    names = {node: get_local_task_resource_name(task["componentRef"]["name"]) for node, task in tasks.items()}
    assert names == {node: node.lower() for node in load_config(DIGITS).node_names()}
    assert documents[0]["components"].keys() == {task["componentRef"]["name"] for task in tasks.values()}


def test_each_environment_is_its_step_s():
    config = load_config(DIGITS, {"kubeflow.default.env": {"A": "1"}, "kubeflow.nodes.Trainer.env": {"B": "2"}})
    [spec, _] = compile_pipeline(config, config.kubeflow)
    environments = {
        label: [given for given in each["container"]["env"] if given["name"] != VARIABLE]
        for label, each in spec["deploymentSpec"]["executors"].items()
    }
    assert environments["Pusher_executor"] == [{"name": "A", "value": "1"}]
    assert environments["Trainer_executor"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]


def test_each_step_knows_what_was_compiled(documents, monkeypatch):
    executors = documents[0]["deploymentSpec"]["executors"]
    for executor in executors.values():
        [given] = [each for each in executor["container"]["env"] if each["name"] == VARIABLE]
        monkeypatch.setenv(VARIABLE, given["value"])
        run = compiled_run()
        assert (run.pipeline, run.metric, len(run.labels)) == ("digits", "accuracy", 10)
        assert list(run.upstream) == load_config(DIGITS).node_names()
        assert run.upstream["StatisticsGen"] == ["ExampleGen", "SchemaGen"]
        assert run.config["seed"] == load_config(DIGITS).seed


def test_where_nothing_is_for_kubernetes_alone_there_is_no_second_document():
    config = load_config(DIGITS, {"kubeflow.nodes": {"Trainer": {"pool": None}}})
    assert len(compile_pipeline(config, config.kubeflow)) == 1


def test_what_the_launcher_does_not_bring_is_mounted_where_it_is_used():
    """Of the steps, those that get such a place as a path: `registry`, `workspaces` and `passed_data` in the DAG."""
    config = load_config(
        DIGITS,
        {
            "kubeflow.pipeline_root": "minio://mlpipeline/slipway",
            "kubeflow.storage": {"claim": "slipway", "mount_path": "/mnt/slipway", "sub_path": "digits"},
        },
    )
    [spec, platform] = compile_pipeline(config, config.kubeflow)
    told = {node for node, task in spec["root"]["dag"]["tasks"].items() if "/mnt/slipway/" in str(task)}
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    mounted = {
        label.removesuffix("_executor"): each["pvcMount"] for label, each in executors.items() if "pvcMount" in each
    }
    assert mounted.keys() == told == {"DataGate", "Trainer", "Baseline", "Compressor", "Pusher"}
    assert mounted["Pusher"] == [{"constant": "slipway", "mountPath": "/mnt/slipway", "subPath": "digits"}]
    assert spec["root"]["dag"]["tasks"]["Pusher"]["inputs"]["parameters"]["registry"]["runtimeValue"] == {
        "constant": "/mnt/slipway/registry"
    }


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


def test_each_step_on_beam_gets_its_engine(documents, executors):
    beam = BeamConfig.model_validate({**SECTIONS["flink"], "nodes": ["StatisticsGen", "EdgeEvaluator"]})
    config = load_config(DIGITS).model_copy(update={"beam": beam})
    [spec, _] = compile_pipeline(config, config.kubeflow)
    given = {
        label: {*executor["container"]["args"]} - {*executors[label]["container"]["args"]}
        for label, executor in spec["deploymentSpec"]["executors"].items()
    }
    assert "--runner=FlinkRunner" in given["StatisticsGen_executor"]
    assert not any(flag.startswith("--runner") for flag in given["Transform_executor"])
    default = "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"
    with_default = {label for label, each in executors.items() if default in each["container"]["args"]}
    # BulkInferrer is in none without a section `predict`.
    assert with_default == {f"{node}_executor" for node in BEAM_NODES if node != "BulkInferrer"}


def test_resources_land_on_their_step(executors):
    trainer = executors["Trainer_executor"]["container"]["resources"]
    assert trainer == {
        "cpuLimit": 4,
        "resourceCpuLimit": "4",
        "memoryLimit": pytest.approx(16 * 2**30 / 1e9),
        "resourceMemoryLimit": "16Gi",
        "accelerator": {"type": "nvidia.com/gpu", "count": "1", "resourceType": "nvidia.com/gpu", "resourceCount": "1"},
    }
    assert executors["Pusher_executor"]["container"]["resources"]["resourceMemoryLimit"] == "4Gi"


def test_the_data_gate_holds_transform_back(documents):
    assert "DataGate" in documents[0]["root"]["dag"]["tasks"]["Transform"]["dependentTasks"]


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
