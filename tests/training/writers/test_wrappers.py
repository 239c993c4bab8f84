import logging
import threading

import numpy as np
import pytest

from tests.training.writers.recording import Recording
from training.writers import AsyncWriter, GuardedWriter, JsonlWriter, MultiWriter, Writer


class Failing(Writer):
    def __init__(self) -> None:
        self.attempts = 0

    def scalars(self, step, values):
        self.attempts += 1
        raise OSError(28, "No space left on device")


class Blocked(Recording):
    """Writes when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Event()

    def forward(self, method, *args):
        assert self.let.wait(10)
        super().forward(method, *args)


CALLS = {
    "scalars": (1, {"a": 0.5}),
    "histograms": (1, {"a": np.arange(3)}),
    "images": (1, {"a": np.zeros((1, 2, 2, 1))}),
    "pr_curves": (1, {"a": (np.array([True]), np.array([0.5]))}),
    "confusion_matrix": (1, np.eye(2, dtype=int), ("a", "b")),
    "embeddings": (1, "a", np.zeros((1, 2)), ("a",)),
    "graph": (object(),),
    "hparams": ({"a": 1},),
    "text": (1, {"a": "b"}),
    "flush": (),
    "close": (),
}


@pytest.mark.parametrize("wrap", [lambda w: MultiWriter([w]), GuardedWriter, AsyncWriter], ids=lambda f: f.__name__)
def test_hands_on_every_method(wrap):
    assert set(CALLS) == {name for name in vars(Writer) if not name.startswith("_")}
    recording = Recording()
    wrapped = wrap(recording)
    for method, args in CALLS.items():
        getattr(wrapped, method)(*args)
    assert str(recording.calls) == str([(method, *args) for method, args in CALLS.items()])


def test_a_writer_without_a_place_for_it_leaves_it_out(tmp_path):
    writer = JsonlWriter(tmp_path / "a.jsonl")
    for method, args in CALLS.items():
        if method != "scalars":
            getattr(writer, method)(*args)
    assert not (tmp_path / "a.jsonl").exists()


def test_a_failure_is_logged_once_with_what_to_do(caplog):
    failing = Failing()
    writer = GuardedWriter(failing)
    for step in range(3):
        writer.scalars(step, {})
    writer.close()
    [record] = caplog.records
    assert record.name == "slipway.training"
    assert record.levelno == logging.WARNING
    assert "Failing failed in scalars (OSError: [Errno 28] No space left on device)" in record.message
    assert "is there space" in record.message
    assert failing.attempts == 1


def test_a_place_that_cannot_be_written_does_not_stop_training(tmp_path, caplog):
    (tmp_path / "file").touch()
    GuardedWriter(JsonlWriter(tmp_path / "file" / "a.jsonl")).scalars(1, {})
    assert "JsonlWriter failed" in caplog.text


def test_the_others_go_on():
    recording = Recording()
    writer = MultiWriter([GuardedWriter(Failing()), GuardedWriter(recording)])
    writer.scalars(1, {})
    writer.scalars(2, {})
    assert recording.calls == [("scalars", 1, {}), ("scalars", 2, {})]


def test_the_order_is_kept_and_close_waits():
    blocked = Blocked()
    writer = AsyncWriter(blocked)
    for step in range(20):
        writer.scalars(step, {})
    assert not blocked.calls
    blocked.let.set()
    writer.close()
    assert blocked.calls == [*(("scalars", step, {}) for step in range(20)), ("close",)]


def test_flush_waits_until_all_is_written():
    recording = Recording()
    writer = AsyncWriter(recording)
    writer.scalars(1, {})
    writer.flush()
    assert recording.calls == [("scalars", 1, {}), ("flush",)]


def test_what_is_given_may_change_afterwards():
    blocked = Blocked()
    writer = AsyncWriter(blocked)
    array, values = np.zeros(2), {}
    values["a"] = array
    writer.histograms(1, values)
    array += 1
    values["b"] = array
    blocked.let.set()
    writer.close()
    [(_, given)] = blocked.of("histograms")
    assert {name: list(array) for name, array in given.items()} == {"a": [0, 0]}


def test_a_full_queue_waits():
    blocked = Blocked()
    writer = AsyncWriter(blocked, max_pending=2)
    writer.scalars(1, {})
    writer.scalars(2, {})
    third = threading.Thread(target=writer.scalars, args=(3, {}))
    third.start()
    third.join(0.05)
    assert third.is_alive()
    blocked.let.set()
    third.join(10)
    writer.close()
    assert [step for step, _ in blocked.of("scalars")] == [1, 2, 3]


def test_a_failure_in_the_background_is_raised_once():
    writer = AsyncWriter(Failing())
    writer.scalars(1, {})
    with pytest.raises(OSError, match=r"No space"):
        writer.flush()
    writer.close()


@pytest.mark.parametrize(
    "wrap",
    [lambda w: AsyncWriter(GuardedWriter(w)), lambda w: GuardedWriter(AsyncWriter(w))],
    ids=["guarded inside", "guarded outside"],
)
def test_guarded_a_failure_in_the_background_never_raises(wrap, caplog):
    writer = wrap(Failing())
    for step in range(3):
        writer.scalars(step, {})
    writer.flush()
    writer.close()
    assert len(caplog.records) == 1


def test_a_queue_without_a_place_is_refused():
    with pytest.raises(ValueError, match=r"at least 1. Received: 0"):
        AsyncWriter(Recording(), max_pending=0)
