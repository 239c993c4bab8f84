import pytest

from tests.training.summaries import stubs
from tests.training.writers.recording import Recording
from training.summaries import ScalarSummaries


def test_writes_means_at_the_first_call_past_each_multiple():
    recording = Recording()
    hook = ScalarSummaries(recording, every_steps=10)
    hook.on_train_begin(stubs.Loop())
    # Eight steps of loss 1 at 10 examples a second and eight of 4 at 40; then past 20, and not yet past 30.
    hook.on_steps(stubs.steps(8, loss=1, examples_per_sec=10))
    hook.on_steps(stubs.steps(16, loss=4, examples_per_sec=40))
    hook.on_steps(stubs.steps(24, loss=7, examples_per_sec=10))
    hook.on_steps(stubs.steps(29, loss=9, examples_per_sec=10))
    (first, means), (second, later) = recording.of("scalars")
    assert (first, second) == (16, 24)
    assert means == pytest.approx({"train/loss": 2.5, "learning_rate": 0.1 / 16, "examples_per_sec": 16})
    assert later["train/loss"] == 7


def test_writes_at_the_same_steps_after_a_resume():
    recording = Recording()
    hook = ScalarSummaries(recording, every_steps=10)
    hook.on_train_begin(stubs.Loop(step=15))
    for step in range(16, 31):
        hook.on_steps(stubs.steps(step))
    assert [step for step, _ in recording.of("scalars")] == [20, 30]


def test_writes_anew_what_a_rollback_takes_anew():
    recording = Recording()
    hook = ScalarSummaries(recording, every_steps=10)
    hook.on_train_begin(stubs.Loop())
    for step in [*range(1, 13), *range(6, 13)]:
        hook.on_steps(stubs.steps(step))
    assert [step for step, _ in recording.of("scalars")] == [10, 10]


def test_writes_every_epoch():
    recording = Recording()
    ScalarSummaries(recording).on_epoch(stubs.epoch(1, step=7))
    assert recording.calls == [
        ("scalars", 7, {"epoch_train/loss": 2.0, "evaluation/loss": 3.0, "evaluation/accuracy": 0.5})
    ]


def test_flushes_at_the_end():
    recording = Recording()
    ScalarSummaries(recording).on_train_end()
    assert recording.calls == [("flush",)]


def test_an_interval_of_no_steps_is_refused():
    with pytest.raises(ValueError, match=r"at least 1 step. Received: 0"):
        ScalarSummaries(Recording(), every_steps=0)
