"""Where work that takes long keeps what a killed step goes on from."""

import hashlib
import json
from typing import Any

from etils import epath


def workspace(workspaces: str, *determines: Any) -> epath.Path:
    """A directory for one piece of work and no other.

    Args:
      workspaces: directory of all workspaces; it outlives a killed step.
      determines: all that the work depends on, JSON-serializable: code, options, seed and data.
    """
    digest = hashlib.sha256(json.dumps(determines).encode()).hexdigest()[:16]
    return epath.Path(workspaces) / digest
