"""Starts a process that sleeps and waits for it: `python orphan.py READY`."""

import sys

from tests.training.processes.called import sleep
from training.processes.process import Process

if __name__ == "__main__":
    Process("fork").call(sleep, sys.argv[1], log=print)
