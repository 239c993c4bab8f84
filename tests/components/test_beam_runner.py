import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from tfx.utils.dependency_utils import make_beam_dependency_flags

from components.beam_runner import beam_arguments


@pytest.mark.parametrize("given", [[], ["--direct_running_mode=multi_threading"]])
def test_beam_runs_in_this_process(given):
    assert isinstance(beam.Pipeline(argv=beam_arguments(given)).runner, FnApiRunner)


@pytest.mark.parametrize("given", [["--runner=FlinkRunner"], ["--temp_location=a", "--runner", "DataflowRunner"]])
def test_a_runner_that_is_named_stays(given):
    assert beam_arguments(given) == given


def test_tfx_builds_no_package_of_itself_for_it():
    arguments = beam_arguments([])
    assert make_beam_dependency_flags(arguments) == arguments
