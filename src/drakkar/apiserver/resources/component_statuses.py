"""How the parts of the control plane are, as `kubectl get componentstatuses` asks: the scheduler, the controllers, the storage.

Nothing of it is stored. A part that leads is known to be well by its lease; one that does not is asked where upstream asks it.
"""

from __future__ import annotations

import asyncio
import datetime
import ssl
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from drakkar.api.object import Object
from drakkar.api.or_empty import mapping, text
from drakkar.api.time import time_or_none
from drakkar.apiserver import errors
from drakkar.apiserver.storage.store import Store

_LEASES, _SYSTEM = "coordination.k8s.io/leases", "kube-system"
_HOST, _PATH = "127.0.0.1", "/healthz"
_LIMIT = 20.0
_MOST = 10 * 1024
_OK = "ok"


class _Found(NamedTuple):
    """Whether a part is well, and what it says."""

    is_well: bool
    message: str


class _Part(NamedTuple):
    """Where a part of the control plane is heard of."""

    lease: str
    port: int


_PARTS = {
    "controller-manager": _Part("kube-controller-manager", 10257),
    "scheduler": _Part("kube-scheduler", 10259),
}
_STORAGE = "etcd-0"


async def component_status(store: Store, name: str) -> Object:
    """One of them, as an object; StatusError 404."""
    asked = _asked(store).get(name)
    if asked is None:
        raise errors.not_found("", "componentstatus", name)
    return _object(name, await asked())


async def component_statuses(store: Store) -> list[Object]:
    """All of them; they are asked at once."""
    asked = _asked(store)
    found = await asyncio.gather(*(ask() for ask in asked.values()))
    return [_object(name, one) for name, one in zip(asked, found, strict=True)]


def _asked(store: Store) -> dict[str, Callable[[], Awaitable[_Found]]]:
    async def storage() -> _Found:
        is_well = store.has_room() and not store.trouble
        return _Found(is_well, _OK if is_well else store.trouble)

    def of(part: _Part) -> Callable[[], Awaitable[_Found]]:
        async def ask() -> _Found:
            return _Found(True, _OK) if _leads(store, part.lease) else await _probed(part.port)

        return ask

    return {**{name: of(part) for name, part in _PARTS.items()}, _STORAGE: storage}


def _leads(store: Store, name: str) -> bool:
    """Whether somebody holds the lease and has renewed it in time."""
    spec = mapping((store.get((_LEASES, _SYSTEM, name)) or {}).get("spec"))
    renewed, seconds = spec.get("renewTime"), spec.get("leaseDurationSeconds")
    if not text(spec.get("holderIdentity")) or not isinstance(renewed, str) or not isinstance(seconds, int):
        return False
    try:
        moment = time_or_none(renewed)
    except ValueError:
        return False
    age = None if moment is None else (datetime.datetime.now(datetime.UTC) - moment).total_seconds()
    return age is not None and age <= seconds


async def _probed(port: int) -> _Found:
    """What listens at upstream's port of the part says; it is shown nothing, and no word of it is followed."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    where = f'Get "https://{_HOST}:{port}{_PATH}"'
    try:
        async with asyncio.timeout(_LIMIT):
            reader, writer = await asyncio.open_connection(_HOST, port, ssl=context)
            try:
                writer.write(f"GET {_PATH} HTTP/1.0\r\nHost: {_HOST}:{port}\r\n\r\n".encode())
                answer = bytearray()
                while len(answer) < _MOST and (piece := await reader.read(_MOST - len(answer))):
                    answer += piece
            finally:
                writer.close()
    except ConnectionRefusedError:
        return _Found(False, f"{where}: dial tcp {_HOST}:{port}: connect: connection refused")
    except (OSError, TimeoutError) as failure:
        return _Found(False, f"{where}: {str(failure) or 'no answer in time'}")
    return _read(bytes(answer))


def _read(answer: bytes) -> _Found:
    head, _, body = answer.partition(b"\r\n\r\n")
    try:
        code = int(head.split(b" ", 2)[1][:3])
    except (IndexError, ValueError):
        return _Found(False, "malformed HTTP response")
    if 200 <= code < 400:
        return _Found(True, body.decode(errors="replace"))
    return _Found(False, f"HTTP probe failed with statuscode: {code}")


def _object(name: str, found: _Found) -> Object:
    said = {"message": found.message} if found.message else {}
    condition = {"type": "Healthy", "status": "True" if found.is_well else "False", **said}
    return {
        "kind": "ComponentStatus",
        "apiVersion": "v1",
        "metadata": {"name": name},
        "conditions": [condition],
    }
