"""HTTP's server: uvicorn, ended by the process and so that nothing is cut off."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn

# After SIGTERM answers say for so long that their connection ends, before the ports close: who keeps a connection then
# knows, and sends no request into one that is being closed.
_LAME_DUCK_SECS = 0.5
_EMPTYING_SECS = 0.2


class Web(uvicorn.Server):
    """Signals are the process's own affair."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def close_web(web: uvicorn.Server, listening: socket.socket) -> None:
    """Ends HTTP so that no request that came is cut off: uvicorn closes connections that it has read nothing of."""
    await asyncio.sleep(_LAME_DUCK_SECS)
    # With its closing, a socket resets the connections that it has not handed out: first it takes no more.
    listening.listen(0)
    await asyncio.sleep(_EMPTYING_SECS)
    for server in web.servers:
        server.close()
    # What was handed out last has yet to send its request.
    await asyncio.sleep(_EMPTYING_SECS)
    web.should_exit = True
