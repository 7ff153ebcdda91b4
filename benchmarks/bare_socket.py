"""What the API's websockets are compared with: uvicorn, and a text that is sent to everybody once a second.

    python -m benchmarks.bare_socket BYTES

Prints "listening PORT". Any first two frames are answered like those of the API.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from datetime import UTC, datetime
from typing import Any

import uvicorn


def frame(size: int) -> str:
    """A delta of so many bytes, or a little more."""
    head = f'{{"sub":1,"type":"delta","seq":2,"prev":1,"at":"{datetime.now(UTC).isoformat()}","items":["'
    return head + "x" * (size - len(head) - 3) + '"]}'


class App:
    """An ASGI application of nothing but websockets."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.clients: set[Any] = set()
        self.task: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            return
        self.task = self.task or asyncio.create_task(self.beat())
        await receive()
        await send({"type": "websocket.accept"})
        for said in ('{"id":1,"type":"welcome"}', '{"id":2,"type":"subscribed"}'):
            await receive()
            await send({"type": "websocket.send", "text": said})
        self.clients.add(send)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        self.clients.discard(send)

    async def beat(self) -> None:
        """Send to all, one after the other, once a second."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(1 - loop.time() % 1)
            text = frame(self.size)
            for send in list(self.clients):
                await send({"type": "websocket.send", "text": text})


def main(size: int) -> None:
    """Serve until SIGTERM."""
    sock = socket.create_server(("127.0.0.1", 0), backlog=1024)
    sock.setblocking(False)
    config = uvicorn.Config(
        App(size), ws="websockets-sansio", ws_per_message_deflate=False, lifespan="off", log_config=None
    )
    print("listening", sock.getsockname()[1], flush=True)
    asyncio.run(uvicorn.Server(config).serve([sock]))


if __name__ == "__main__":
    main(int(sys.argv[1]))
