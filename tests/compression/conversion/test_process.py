"""How the converter's process can end, told by scripts that stand in for it."""

import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import compression.conversion.process
from compression.conversion.convert import ConversionError, convert, export_for_conversion
from compression.conversion.layer_names import LayerNames
from compression.conversion.process import run_worker
from compression.conversion.request import ConversionRequest
from tests.compression.saved_models import dense

LAYERS = LayerNames(scopes={"net_1/gate_1": "gate"})

PRELUDE = """
import json, os, sys, time
from pathlib import Path
directory = Path(sys.argv[1])
"""


@pytest.fixture
def stand_in(monkeypatch):
    """Replaces the converter by a script."""

    def replace(script: str) -> None:
        monkeypatch.setattr(compression.conversion.process, "WORKER", (sys.executable, "-S", "-c", PRELUDE + script))

    return replace


def run(directory: Path, *precisions: str, timeout_secs: float = 30.0) -> None:
    request = ConversionRequest(saved_model="saved_model", signature="predict", precisions=precisions or ("float32",))
    run_worker(request, directory, LAYERS, timeout_secs=timeout_secs)


def test_an_abort_gives_exit_code_signal_precision_and_last_words(stand_in, tmp_path):
    stand_in("""
(directory / "float32.tflite").touch()
print("LLVM ERROR: Failed to infer result type(s).", file=sys.stderr, flush=True)
os.abort()
""")
    with pytest.raises(ConversionError) as error:
        run(tmp_path, "float32", "int8")
    assert "exit code 134, SIGABRT, converting to int8" in str(error.value)
    assert "LLVM ERROR: Failed to infer result type(s)." in str(error.value)


def test_an_exit_without_a_word(stand_in, tmp_path):
    stand_in("sys.exit(3)")
    with pytest.raises(ConversionError, match="exit code 3, converting to float32; the end of its stderr: nothing"):
        run(tmp_path)


def test_only_the_end_of_a_long_stderr_is_told(stand_in, tmp_path):
    stand_in("""
sys.stderr.buffer.write(b"first\\n" + b"\\xff line\\n" * 10000 + b"last\\n")
sys.exit(1)
""")
    with pytest.raises(ConversionError) as error:
        run(tmp_path)
    assert "last" in str(error.value)
    assert "first" not in str(error.value)
    assert len(str(error.value)) < 2000


def test_what_takes_too_long_is_ended(stand_in, tmp_path):
    stand_in("time.sleep(60)")
    with pytest.raises(ConversionError, match=r"must end within 0\.2 seconds\. Received: float32, which did not"):
        run(tmp_path, timeout_secs=0.2)


def test_missing_ops_are_listed_once_with_their_layers(stand_in, tmp_path):
    stand_in("""
op = 'loc(callsite(fused["%s:", "%s@__inference_predict_40"] at fused["Call:", "Call@__inference_wrapper_50"])): '
op += "'tf.%s' op is neither a custom op nor a flex op\\n"
found = [("Svd", "net_1/gate_1/Svd"), ("Erf", "net_1/Erf"), ("Svd", "net_1/gate_1/Svd")]
reason = "ConverterError: " + " ".join(op % (name, place, name) for name, place in found)
(directory / "failure.json").write_text(json.dumps({"precision": "int8", "reason": reason}))
sys.exit(1)
""")
    with pytest.raises(ConversionError, match=r"Received: tf\.Erf, tf\.Svd \(layer gate\) \(converting to int8\)"):
        run(tmp_path)


def test_other_refusals_are_told_in_the_converters_words(stand_in, tmp_path):
    stand_in("""
failure = {"precision": "int8", "reason": "RuntimeError: Quantization not yet supported\\n for op: 'X'"}
(directory / "failure.json").write_text(json.dumps(failure))
sys.exit(1)
""")
    with pytest.raises(ConversionError, match="int8: RuntimeError: Quantization not yet supported for op: 'X'"):
        run(tmp_path)


@pytest.fixture
def saved_model(tmp_path) -> Path:
    export_for_conversion(dense(np.eye(4, dtype=np.float32)), tmp_path / "saved_model")
    return tmp_path / "saved_model"


@pytest.fixture
def float_file(saved_model, tmp_path) -> Path:
    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model), signature_keys=["predict"])
    (tmp_path / "converted").write_bytes(converter.convert())
    return tmp_path / "converted"


@pytest.mark.parametrize(
    "end",
    ["os.abort()", "(directory / 'int8.tflite').write_bytes(b'half a file')"],
    ids=["crash", "file that does not load"],
)
def test_a_failure_leaves_what_was_there(stand_in, saved_model, float_file, tmp_path, end):
    """One of two precisions could be had: neither destination is touched."""
    stand_in(f"(directory / 'float32.tflite').write_bytes(Path({str(float_file)!r}).read_bytes())\n{end}")
    out = tmp_path / "out"
    out.mkdir()
    (out / "int8.tflite").write_bytes(b"an earlier one")
    destinations = {"float32": out / "float32.tflite", "int8": out / "int8.tflite"}
    with pytest.raises(ConversionError, match="int8"):
        convert(saved_model, destinations, representative_sample={"x": np.eye(2, 4)})
    assert {path.name: path.read_bytes() for path in out.iterdir()} == {"int8.tflite": b"an earlier one"}


def test_a_destination_that_cannot_be_written_leaves_no_part(stand_in, saved_model, float_file, tmp_path):
    stand_in(f"(directory / 'float32.tflite').write_bytes(Path({str(float_file)!r}).read_bytes())")
    out = tmp_path / "out"
    (out / "float32.tflite").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        convert(saved_model, {"float32": out / "float32.tflite"})
    assert [path.name for path in out.iterdir()] == ["float32.tflite"]


def test_modules_of_the_user_s_by_the_names_of_ours_do_not_come_in_between(tmp_path, monkeypatch):
    """Python looks into the working directory first."""
    for name in ("compression", "models", "training"):
        (tmp_path / f"{name}.py").touch()
    export_for_conversion(dense(np.ones((2, 2))), tmp_path / "saved_model")
    monkeypatch.chdir(tmp_path)
    convert("saved_model", {"float32": "a.tflite"})
    assert (tmp_path / "a.tflite").exists()
