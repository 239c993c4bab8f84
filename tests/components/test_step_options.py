"""Sections of the config on their way to the steps: JSON in between, and to some steps a part of a section."""

import pytest

from components.compressor.options import CompressConfig, CompressorOptions
from components.data_gate.options import DataGateConfig
from components.edge_evaluator.options import EdgeEvaluatorOptions

COMPRESS = CompressConfig.model_validate(
    {
        "variants": [
            "float32",
            {"name": "sparse", "prune": {"sparsity": 0.5}, "keep_float": ["logits"], "precision": "int8"},
        ],
        "required": ["sparse"],
        "calibration_examples": 10,
        "budgets": {"max_bytes": 1000, "prefer": "bytes"},
        "gates": {"accuracy": {"max_worsening": 0.01}},
    }
    # A copy is not checked: some stacks refuse it.
).model_copy(update={"select_ops": ("tf.Qr",)})


@pytest.mark.parametrize("part", [CompressorOptions, EdgeEvaluatorOptions])
def test_a_step_reads_its_part_of_a_section_as_the_config_has_it(part):
    read = part.model_validate_json(COMPRESS.model_dump_json(include={*part.model_fields}))
    assert {name: getattr(read, name) for name in part.model_fields} == {
        name: getattr(COMPRESS, name) for name in part.model_fields
    }


def test_every_option_of_compress_is_read_by_a_step():
    assert {*CompressorOptions.model_fields, *EdgeEvaluatorOptions.model_fields} == {*CompressConfig.model_fields}


def test_limits_are_no_business_of_who_converts():
    assert not {"gates", "required"} & {*CompressorOptions.model_fields}


def test_a_split_without_a_limit_may_not_be_empty_all_the_same():
    assert DataGateConfig(min_examples={"train": 2}).min_examples == {"train": 2, "eval": 1, "test": 1}
