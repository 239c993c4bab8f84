from pathlib import Path

import pytest
from click.testing import CliRunner
from ml_metadata.proto import metadata_store_pb2 as mlmd

import pipeline
from inspection.locate import RunNotFoundError
from pipeline.commands.sensitivity import command
from studies.errors import StudyUsageError

DIGITS = Path(pipeline.__file__).parent / "configs" / "digits.yaml"


def _run(*arguments: object) -> None:
    CliRunner().invoke(
        command, [str(argument) for argument in arguments], catch_exceptions=False, standalone_mode=False
    )


def test_without_a_root_there_is_nothing_to_try(tmp_path):
    with pytest.raises(RunNotFoundError, match=r"--root must be a directory that `slipway run` wrote"):
        _run(DIGITS, "--root", tmp_path)


def test_a_version_that_was_never_pushed(root):
    with pytest.raises(StudyUsageError, match="digits"):
        _run(DIGITS, "--root", root, "--version", 9)


def test_a_run_without_transformed_data(root, writer):
    examples = writer.artifact("Examples", "ExampleGen/examples/9")
    writer.execution("20260103-000000-000", "ExampleGen", mlmd.Execution.COMPLETE, {}, {"examples": examples})
    with pytest.raises(RunNotFoundError, match=r"must have transformed its data\. Received: 20260103"):
        _run(DIGITS, "--root", root)
