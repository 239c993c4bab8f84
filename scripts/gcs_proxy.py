"""Leads what asks for Google Cloud Storage to a server on this machine; `scripts/object_stores.sh` starts it.

    python scripts/gcs_proxy.py PORT SERVER_PORT TLS_FOLDER

TensorFlow's file system for gs:// has Google's hosts built in (gcs_file_system.cc, kGcsUriBase), but its libcurl takes
a proxy from the environment, as Google's clients for Python do, so that what is tried is what users run. TLS ends here.
"""

import asyncio
import re
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path

_ASKED = re.compile(rb"CONNECT ([\w.-]*googleapis\.com):443 HTTP/1\.[01]\r\n")
# What Google's token server says, to whatever credentials.
_TOKEN = b'{"access_token": "test", "expires_in": 3600, "token_type": "Bearer"}'
_TO_SERVER = (
    # TensorFlow sends the header with requests that have no body (CurlHttpRequest::SetPostEmptyBody). Google takes it;
    # servers in Go answer 501, since RFC 7230 did away with it.
    (re.compile(rb"\r\nTransfer-Encoding: identity(?=\r\n)"), b""),
    # Google's client for Python gives the parts of a batch no ids, without which fake-gcs-server leaves them out
    # (handleBatchCall in fakestorage/server.go). What stands in their place is as long.
    (re.compile(rb"MIME-Version: 1\.0"), b"Content-ID: <a-1>"),
)
# Where an upload goes on: the server does not know that its clients speak TLS.
_FROM_SERVER = ((re.compile(rb"\r\nLocation: http://"), b"\r\nLocation: https://"),)


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, changes: Sequence[tuple[re.Pattern[bytes], bytes]]
) -> None:
    try:
        while content := await reader.read(2**16):
            for pattern, replacement in changes:
                content = pattern.sub(replacement, content)
            writer.write(content)
            await writer.drain()
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()


class Proxy:
    """Answers CONNECT for Google's hosts, and ends TLS."""

    def __init__(self, server_port: int, folder: Path) -> None:
        self._server_port = server_port
        self._served: set[asyncio.Task[None] | None] = set()
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(folder / "server.pem", folder / "server.key")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        # Else nothing would hold it while both sides are waited for.
        task = asyncio.current_task()
        self._served.add(task)
        try:
            await self._serve(reader, writer)
        finally:
            self._served.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = await reader.readuntil(b"\r\n\r\n")
            found = _ASKED.match(asked)
            if not found:
                writer.write(b"HTTP/1.1 403 Only googleapis.com is here\r\nContent-Length: 0\r\n\r\n")
                writer.close()
                return
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await writer.drain()
            await writer.start_tls(self._tls)
            if found[1] == b"oauth2.googleapis.com":
                await reader.readuntil(b"\r\n\r\n")
                head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(_TOKEN)}\r\n\r\n"
                writer.write(head.encode() + _TOKEN)
                await writer.drain()
                writer.close()
                return
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self._server_port)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            writer.close()
            return
        await asyncio.gather(_pass_on(reader, to_server, _TO_SERVER), _pass_on(from_server, writer, _FROM_SERVER))


async def _main(port: int, server_port: int, folder: Path) -> None:
    server = await asyncio.start_server(Proxy(server_port, folder).serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
