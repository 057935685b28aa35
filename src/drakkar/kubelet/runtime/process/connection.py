"""A way into a pod whose processes share the machine's network."""

from __future__ import annotations

import asyncio

from drakkar.kubelet.runtime.interface import Connection

_CONNECT_SECONDS = 10.0


async def connect(pod_ip: str, port: int) -> Connection:
    """A connection to a port of a pod; OSError says what failed.

    A process may listen on the pod's address or, as is usual inside a pod, on localhost only.
    """
    last: OSError | None = None
    for host in dict.fromkeys((pod_ip, "127.0.0.1")):
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                return await asyncio.open_connection(host, port)
        except TimeoutError:
            last = OSError(f"no answer from {host}:{port}")
        except OSError as error:
            last = error
    assert last is not None
    raise last
