"""Leads what asks for Google Cloud Storage to a server on this machine; `scripts/object_stores.sh` starts it.

    python scripts/gcs_proxy.py PORT SERVER_PORT

TensorFlow's file system for gs:// has Google's hosts built in (gcs_file_system.cc, kGcsUriBase), but its libcurl
takes a proxy from the environment, as Google's clients for Python do. So that what is tried is what users run.
"""

import asyncio
import re
import sys

_ASKED = re.compile(rb"CONNECT ([\w.-]*googleapis\.com):443 HTTP/1\.[01]\r\n")


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while content := await reader.read(2**16):
            writer.write(content)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server_port: int) -> None:
    asked = await reader.readuntil(b"\r\n\r\n")
    if not _ASKED.match(asked):
        writer.write(b"HTTP/1.1 403 Only googleapis.com is here\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        return
    from_server, to_server = await asyncio.open_connection("127.0.0.1", server_port)
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await asyncio.gather(_pass_on(reader, to_server), _pass_on(from_server, writer))


async def _main(port: int, server_port: int) -> None:
    server = await asyncio.start_server(lambda reader, writer: _serve(reader, writer, server_port), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), int(sys.argv[2])))
