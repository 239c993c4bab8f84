from hypothesis import given
from hypothesis import strategies as st

from pipeline.kubeflow.step_log import step_end
from tests.pipeline.kubeflow.step_logs import REFUSAL, REFUSED, step_log


def test_a_refusal_is_told_by_its_exit_code_and_says_gate_figure_and_limit():
    end = step_end(step_log(REFUSAL, "exit status 3"))
    assert end.is_refusal
    assert end.message == REFUSED
    assert "accuracy" in end.message


def test_a_failure_says_the_last_line_of_the_step():
    end = step_end(
        step_log('Traceback (most recent call last):\n  File "x.py"\nValueError: no such column\n', "exit status 1")
    )
    assert (end.exit_code, end.is_refusal, end.message) == (1, False, "ValueError: no such column")


def test_a_failure_to_publish_after_it_changes_nothing():
    """launcher_v2.go:197 says both."""
    error = "failed to publish execution with error rpc error: code = Unavailable after execution failed: exit status 3"
    assert step_end(step_log(REFUSAL, error)).is_refusal


def test_what_the_step_writes_itself_is_no_exit_code():
    assert step_end("failed to execute component: exit status 3\n").exit_code is None


def test_a_step_that_was_killed_has_no_exit_code():
    """Go says `signal: killed` of a command, and the launcher nothing where the pod was."""
    end = step_end(step_log("step 100/200", "signal: killed"))
    assert (end.exit_code, end.message) == (None, "step 100/200")


def test_an_empty_log_says_so():
    assert step_end("").message == "it wrote nothing"


LINES = st.lists(st.text(st.characters(exclude_categories=("C", "Zl", "Zp"))).map(lambda line: f"> {line}"), min_size=1)


@given(lines=LINES, code=st.integers(1, 255))
def test_whatever_a_step_writes_its_exit_code_and_last_line_are_found(lines, code):
    end = step_end(step_log("\n".join(lines), f"exit status {code}"))
    assert end.exit_code == code
    assert end.message == lines[-1].strip()
