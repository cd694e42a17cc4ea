"""Somebody's browser, as cheap as can be: `python -m bench.visits` sends the requests it is given over a few connections and tells how long each took.

A process of its own, so that the site is measured and not its visitor.
"""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of it: seconds in all and for each request, the answers by status, and the length of the last body."""

    seconds: float
    took: list[float]
    statuses: dict[str, int]
    length: int

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.took) / self.seconds


async def visit(port: int, requests: list[str], *, connections: int) -> Visit:
    """Send these requests, each `METHOD path cookie body`, and wait until all are answered."""
    order = {"port": port, "connections": connections, "requests": requests}
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.visits", stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=1 << 24
    )
    said, _ = await running.communicate(json.dumps(order).encode())
    return Visit(**json.loads(said))


def a_request(port: int, method: str, path: str, *, cookie: str = "", body: str = "") -> str:
    """The bytes of one request of a browser that stays connected."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    if cookie:
        lines.append(f"Cookie: {cookie}")
    if method == "POST":
        lines += ["Origin: null", "Sec-Fetch-Site: same-origin", "Content-Type: application/x-www-form-urlencoded"]
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines) + "\r\n\r\n" + body


async def _send_all(order: dict[str, Any]) -> dict[str, Any]:
    queue, took, statuses, length = iter(order["requests"]), [], {}, 0

    async def connection() -> None:
        nonlocal length
        reader, writer = await asyncio.open_connection("127.0.0.1", order["port"], limit=1 << 22)
        for text in queue:
            began = time.perf_counter()
            writer.write(text.encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            told = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            length = int(told["content-length"])
            await reader.readexactly(length)
            took.append(time.perf_counter() - began)
            status = head.split(" ", 2)[1]
            statuses[status] = statuses.get(status, 0) + 1
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(connection() for _ in range(order["connections"])))
    return {"seconds": time.perf_counter() - began, "took": took, "statuses": statuses, "length": length}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(_send_all(json.loads(sys.stdin.read())))))
