"""A probe that imports TensorFlow, Keras and TFX.

It runs in a subprocess, so that even an import that aborts the process is reported.
"""

import json
import os
import subprocess
import sys

from pipeline.doctor.checks import Diagnosis

# Prints one JSON line: what was done, and the seconds it took.
DEEP_PROBE = """
import json, time
secs = {}
def timed(name, action):
    start = time.perf_counter()
    action()
    secs[name] = round(time.perf_counter() - start, 1)
def add():
    import keras
    assert float(keras.ops.sum(keras.ops.ones((2, 2)))) == 4.0
timed("import tensorflow", lambda: __import__("tensorflow"))
timed("import keras", lambda: __import__("keras"))
timed("import tfx.components", lambda: __import__("tfx.components"))
timed("one operation", add)
print(json.dumps(secs))
"""
DEEP_TIMEOUT_SECS = 300


def judge_deep_probe(returncode: int, stdout: str, stderr: str) -> Diagnosis:
    """Judges the end of the subprocess; a negative `returncode` is the signal that ended it."""
    if returncode == 0:
        secs = json.loads(stdout.splitlines()[-1])
        return Diagnosis("Deep", "ok", ", ".join(f"{name} {value} s" for name, value in secs.items()))
    if returncode < 0:
        mend = "4: the processor lacks AVX. 9: memory ran out. Else make .venv anew: `rm -r .venv`, `make setup`."
        return Diagnosis("Deep", "wrong", f"ended by signal {-returncode}", mend)
    last_line = (stderr.strip().splitlines() or ["no message"])[-1]
    return Diagnosis("Deep", "wrong", last_line, "Make .venv anew: `rm -r .venv`, then `make setup`.")


def probe_deep() -> Diagnosis:
    """Imports TensorFlow, Keras and TFX in a subprocess and runs one operation."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", DEEP_PROBE],
            capture_output=True,
            text=True,
            timeout=DEEP_TIMEOUT_SECS,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
    except subprocess.TimeoutExpired:
        mend = "A slow disk, most likely: compile what is installed with `python -m compileall -q .venv/lib`."
        return Diagnosis("Deep", "wrong", f"no answer in {DEEP_TIMEOUT_SECS} s", mend)
    return judge_deep_probe(done.returncode, done.stdout, done.stderr)
