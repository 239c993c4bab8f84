"""When the process started, as far as Python tells: imported before anything that takes time."""

import time

START_SECS = time.perf_counter()
