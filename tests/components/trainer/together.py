"""One of several processes that train Points together: `python together.py FN_ARGS.json`, with TF_CONFIG."""

# Before TFX, for IPython, which that imports, puts a package `tests` of its own ahead of ours.
import tests.components.points  # noqa: F401  # isort: skip

import json
import sys
from pathlib import Path

from tfx.components.trainer.fn_args_utils import FnArgs

from components.trainer.run_fn import run_fn

run_fn(FnArgs(**json.loads(Path(sys.argv[1]).read_text())))
