import keras
import pytest
import tensorflow as tf

from tests.training.summaries import stubs
from tests.training.writers.recording import Recording
from training.summaries import GraphSummary, HParamsSummary, ProfilerWindow


@pytest.fixture
def profiler(monkeypatch):
    """Stands for TensorFlow's, and notes how it is used."""
    notes: list[str] = []
    monkeypatch.setattr(tf.profiler.experimental, "start", lambda directory: notes.append(f"start {directory}"))
    monkeypatch.setattr(tf.profiler.experimental, "stop", lambda: notes.append("stop"))
    return notes


def test_writes_the_graph_of_inference():
    x = keras.Input((2,), name="x")
    model = keras.Model({"x": x}, {"y": keras.layers.Dense(1, name="head")(keras.layers.Dropout(0.5)(x))})
    recording = Recording()
    GraphSummary(recording).on_train_begin(stubs.Loop(model))
    [(function,)] = recording.of("graph")
    operations = [operation.type for operation in function.graph.get_operations()]
    assert "MatMul" in operations
    assert not [kind for kind in operations if "Random" in kind]


def test_writes_hyperparameters():
    recording = Recording()
    HParamsSummary(recording, values={"rate": 0.1}).on_train_begin(stubs.Loop())
    assert recording.calls == [("hparams", {"rate": 0.1})]


def test_a_resumed_training_has_written_them():
    recording = Recording()
    loop = stubs.Loop(step=5)
    GraphSummary(recording).on_train_begin(loop)
    HParamsSummary(recording, values={"rate": 0.1}).on_train_begin(loop)
    assert not recording.calls


def _profile(*steps: int, begin: int = 0, first_step: int = 10, count: int = 5) -> ProfilerWindow:
    window = ProfilerWindow("there", first_step=first_step, steps=count)
    window.on_train_begin(stubs.Loop(step=begin))
    for step in steps:
        window.on_steps(stubs.steps(step))
    return window


def test_profiles_one_window(profiler):
    _profile(*range(1, 10))
    assert profiler == []
    _profile(*range(1, 15))
    assert profiler == ["start there"]
    profiler.clear()
    _profile(*range(1, 40)).on_train_end()
    assert profiler == ["start there", "stop"]


def test_never_leaves_the_profiler_running(profiler):
    _profile(10, 11).on_train_end()
    assert profiler == ["start there", "stop"]


def test_a_training_resumed_past_the_window_is_not_profiled(profiler):
    _profile(*range(21, 40), begin=20)
    assert profiler == []


def test_a_profiler_that_does_not_start_is_logged(monkeypatch, caplog):
    attempts = []

    def start(directory):
        attempts.append(directory)
        raise tf.errors.AlreadyExistsError(None, None, "Another profiler is running.")

    monkeypatch.setattr(tf.profiler.experimental, "start", start)
    _profile(*range(1, 20)).on_train_end()
    assert attempts == ["there"]
    assert "no profile of steps from 10 on (AlreadyExistsError: Another profiler is running" in caplog.text


def test_a_profiler_that_does_not_stop_is_logged(profiler, monkeypatch, caplog):
    def stop():
        raise tf.errors.UnavailableError(None, None, "no disk")

    monkeypatch.setattr(tf.profiler.experimental, "stop", stop)
    _profile(*range(1, 30)).on_train_end()
    assert profiler == ["start there"]
    assert len(caplog.records) == 1


def test_writes_a_profile_that_tensorboard_finds(tmp_path):
    window = ProfilerWindow(tmp_path, first_step=1, steps=1)
    window.on_train_begin(stubs.Loop())
    window.on_steps(stubs.steps(1))
    tf.reduce_sum(tf.ones(3))
    window.on_steps(stubs.steps(2))
    assert [*tmp_path.glob("plugins/profile/*/*.xplane.pb")]


@pytest.mark.parametrize("options", [{"first_step": 0, "steps": 1}, {"first_step": 1, "steps": 0}])
def test_an_empty_window_is_refused(tmp_path, options):
    with pytest.raises(ValueError, match=r"at least 1. Received"):
        ProfilerWindow(tmp_path, **options)
