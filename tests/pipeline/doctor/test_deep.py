import pytest

from pipeline.doctor.deep import judge_deep_probe


@pytest.mark.parametrize(
    ("returncode", "stdout", "stderr", "state", "found"),
    [
        (0, 'noise\n{"import tensorflow": 8.9}\n', "warning", "ok", "import tensorflow 8.9 s"),
        (1, "", "Traceback\nImportError: libcudart.so.12\n", "wrong", "ImportError: libcudart.so.12"),
        (1, "", "", "wrong", "no message"),
        (-4, "", "", "wrong", "ended by signal 4"),
    ],
)
def test_the_deep_probe_is_judged_by_how_its_process_ended(returncode, stdout, stderr, state, found):
    diagnosis = judge_deep_probe(returncode, stdout, stderr)
    assert (diagnosis.state, diagnosis.found) == (state, found)
