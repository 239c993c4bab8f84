"""A run that goes on: its nodes, its training curve and the end of its log, as server-sent events.

The format is that of the HTML standard, section 9.2.6 (https://html.spec.whatwg.org/multipage/server-sent-events.html).
"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from inspection.app.logs import log_of, tail
from inspection.app.roots import Root
from inspection.app.site import TheSite
from inspection.runs import nodes_of
from inspection.store import NodeExecution
from records.model_run import HISTORY_FILE
from records.root import WORKSPACES

INTERVAL_SECS = 1.0
# A page that is left open over night asks again.
MAX_SECS = 3600

router = APIRouter()


@router.get("/live/{root_name}/{run_id}")
def live(site: TheSite, request: Request, root_name: str, run_id: str) -> StreamingResponse:
    """Events while the run goes on, each with all that changes; the last one says that it is over."""
    root = site.root(root_name)
    root.run(run_id)
    return StreamingResponse(_events(root, run_id, request), media_type="text/event-stream")


async def _events(root: Root, run_id: str, request: Request) -> AsyncIterator[str]:
    sent = ""
    for _ in range(int(MAX_SECS / INTERVAL_SECS)):
        if await request.is_disconnected():
            return
        now = await run_in_threadpool(snapshot, root, run_id)
        text = json.dumps(now)
        if text != sent:
            sent = text
            yield f"data: {text}\n\n"
        if now["state"] != "running":
            return
        await asyncio.sleep(INTERVAL_SECS)


def snapshot(root: Root, run_id: str) -> dict[str, Any]:
    """What the page of a run shows while it goes on.

    Args:
      root: of the run.
      run_id: of a run that there is.
    """
    run = root.run(run_id)
    started = min((execution.started_secs for execution in run.executions), default=0.0)
    log = log_of(root, run_id)
    return {
        "state": run.state,
        "nodes": [
            {"name": node.name, "state": node.state, "secs": None if node.secs is None else round(node.secs, 1)}
            for node in nodes_of(run)
        ],
        "history": _history(root.path, run.executions, started) if run.state == "running" else [],
        "log": tail(log) if log else "",
    }


def _history(root: Path, executions: list[NodeExecution], started: float) -> list[dict[str, Any]]:
    """The lines of the training that goes on, which lies in a workspace until it is done; none before there is one."""
    if not any(execution.node == "Trainer" and execution.state == "running" for execution in executions):
        return []
    found = [(path.stat().st_mtime, path) for path in root.glob(f"{WORKSPACES}/*/{HISTORY_FILE}")]
    recent = max(((at, path) for at, path in found if at >= started), default=None)
    if recent is None:
        return []
    return [json.loads(line) for line in recent[1].read_text().splitlines()]
