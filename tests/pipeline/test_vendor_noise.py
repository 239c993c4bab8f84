import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.vendor_noise import without_vendor_noise

PROJECT = Path(__file__).resolve().parents[2]
DIGITS = PROJECT / "pipeline" / "configs" / "digits.yaml"
# As TensorFlow 2.16 and google-api-core wrote it.
NOISE = """\
2026-11-26 04:14:53.638846: I tensorflow/core/util/port.cc:113] oneDNN custom operations are on.
2026-11-26 04:14:53.658671: E external/local_xla/xla/cuda_fft.cc:479] Unable to register cuFFT factory: Attempting to
2026-11-26 04:14:53.755871: I tensorflow/core/platform/cpu_feature_guard.cc:210] This TensorFlow binary is optimized.
To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow.
/v/lib/python3.10/site-packages/google/api_core/_python.py:246: FutureWarning: You are using a non-supported Python
  warnings.warn(message, FutureWarning)
2026-11-26 04:14:55.985575: W tensorflow/compiler/tf2tensorrt/utils/py_utils.cc:38] TF-TRT Warning: no TensorRT
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I0000 00:00:1719412345.123456   12345 cuda_executor.cc:1015] successful NUMA node read from SysFS had negative value
E0000 00:00:1719412345.123456   12345 cuda_dnn.cc:8310] Unable to register cuDNN factory: Attempting to
"""
# A real error of TensorFlow's, a user's warning and log line, and what has no end of line.
OWN = """\
2026-11-26 04:14:53.658671: E external/local_xla/xla/stream_executor/cuda/cuda_driver.cc:282] failed call to cuInit
/home/user/my_task.py:3: UserWarning: the labels are in another order
  warnings.warn("the labels are in another order")
WARNING:my_task:2026-11-26 is the last day
done"""


@pytest.mark.parametrize(("written", "shown"), [(NOISE, ""), (OWN, OWN), (NOISE + OWN, OWN), ("", "")])
def test_only_what_libraries_say_about_themselves_is_left_out(capfd, written, shown):
    with without_vendor_noise():
        os.write(2, written.encode())
    assert capfd.readouterr().err == shown


def test_what_was_written_before_an_error_is_shown(capfd):
    @without_vendor_noise()
    def fail():
        print("why", file=sys.stderr)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    print("after", file=sys.stderr)
    assert capfd.readouterr().err == "why\nafter\n"


def test_a_task_file_that_imports_keras_fills_no_terminal(tmp_path):
    (tmp_path / "my_task.py").write_text(
        "import sys\n"
        "import keras\n"
        "from tasks.image_classification import ImageClassification\n"
        "print('to stdout')\n"
        "print('to stderr', file=sys.stderr)\n"
        "class MyTask(ImageClassification):\n"
        "    pass\n"
    )
    config = DIGITS.read_text().replace("tasks.image_classification.ImageClassification", "my_task.MyTask")
    (tmp_path / "pipeline.yaml").write_text(config)
    command = [sys.executable, "-m", "pipeline.cli", "config", "check", tmp_path / "pipeline.yaml"]
    environment = {"PYTHONPATH": str(PROJECT), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    # Followed by what the data holds.
    assert (done.returncode, done.stderr.splitlines()[:2]) == (0, ["to stderr", "classes  10"])
    assert done.stdout.startswith("to stdout\n")
