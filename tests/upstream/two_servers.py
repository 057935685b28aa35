"""The real API server beside ours, and one question put to both."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
from yarl import URL

from drakkar.cluster import kubeconfig, processes
from drakkar.cluster.certificates import KeyPair
from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.cluster.readiness import Endpoint, server
from drakkar.cluster.state import StateDirectory

from .control_plane import ControlPlane
from .real_server import real_server

Object = dict[str, Any]
_READY_S = 60.0


class Answer(NamedTuple):
    """What a server said; `causes` in the order of their texts, since the original's maps have none. `headers` are all others
    than the warnings, their names in small letters."""

    code: int
    reason: str
    causes: tuple[tuple[str, str, str], ...]
    body: Object
    warnings: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


class Asked:
    """One server, as its administrator, or as nobody in particular."""

    def __init__(
        self, address: str, authority: Path, certificate: Path | None = None, key: Path | None = None
    ) -> None:
        self._address = address
        self._authority, self._certificate, self._key = authority, certificate, key
        self._context = ssl.create_default_context(cafile=str(authority))
        if certificate is not None:
            self._context.load_cert_chain(certificate, key)
        self._session: aiohttp.ClientSession | None = None

    def kubeconfig(self, file: Path) -> Path:
        """The same access for programs, written into a file."""
        assert self._certificate is not None and self._key is not None
        pair = KeyPair(self._certificate, self._key)
        kubeconfig.merge(file, "test", self._address, self._authority, pair)
        return file

    def without_certificate(self) -> Asked:
        """The same server, as nobody in particular."""
        return Asked(self._address, self._authority)

    async def __aenter__(self) -> Asked:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self._context))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._session is not None
        await self._session.close()

    async def ask(
        self,
        verb: str,
        path: str,
        obj: Any = None,
        media: str = "application/json",
        accept: str = "",
        more: Mapping[str, str] | None = None,
    ) -> Answer:
        """What the server says; `more` are headers."""
        assert self._session is not None
        headers = {"Content-Type": media, "Accept": accept or "application/json", **(more or {})}
        url = URL(self._address + path, encoded=True)
        sent = {"data": obj} if isinstance(obj, str) else {"json": obj}
        async with self._session.request(verb, url, headers=headers, **sent) as response:
            text = await response.text()
            warnings = tuple(response.headers.getall("Warning", []))
            told = [
                (name.lower(), one) for name, one in response.headers.items() if name.lower() != "warning"
            ]
        return answer_of(response.status, text, warnings)._replace(headers=tuple(told))


def answer_of(code: int, text: str, warnings: Sequence[str]) -> Answer:
    """An answer from what came over the wire."""
    try:
        body: Object = json.loads(text)
    except ValueError:
        body = _lines(text)
    causes = [
        (one.get("reason", ""), one.get("field", ""), one.get("message", ""))
        for one in (body.get("details") or {}).get("causes") or ()
    ]
    reason = body.get("reason", "") if code >= 400 else ""
    return Answer(code, reason, tuple(sorted(causes)), body, tuple(warnings))


def _lines(text: str) -> Object:
    """The events of a watch, or a plain text."""
    try:
        return {"events": [json.loads(line) for line in text.splitlines()]}
    except ValueError:
        return {"message": text}


@contextlib.asynccontextmanager
async def both(
    directory: Path,
    apiserver: Path,
    etcd: Path,
    more: Sequence[str] = (),
    mine: Mapping[str, Any] | None = None,
) -> AsyncIterator[tuple[Asked, Asked]]:
    """The original, with `more` flags, and ours, with changes to its configuration, each with a namespace that pods can be
    made in."""
    cluster = OwnCluster(directory / "real", directory)
    with real_server(cluster, apiserver, etcd, more):
        state = StateDirectory(cluster.state)
        settings = state.open()
        assert settings is not None
        made = processes.certificates(state, settings)
        authority = made.authority.certificate
        await server(Endpoint(settings.port, authority, made.admin), _READY_S)
        ours = ControlPlane(directory / "ours", **(mine or {}))
        async with ours.up():
            theirs = Asked(
                f"https://127.0.0.1:{settings.port}", authority, made.admin.certificate, made.admin.key
            )
            async with theirs, Asked(ours.address, *ours.access) as own:
                for one in (theirs, own):
                    await _furnish(one)
                yield theirs, own


async def _furnish(asked: Asked) -> None:
    """What the controllers would make, which neither server has here."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    made = await asked.ask("POST", "/api/v1/namespaces/default/serviceaccounts", account)
    assert made.code in (201, 409), made


async def make_on_both(servers: Sequence[Asked], path: str, obj: Object) -> None:
    """Have both make an object, which both take."""
    answers = await ask_both(servers, "POST", path, obj)
    assert [one.code for one in answers] == [201] * len(answers), (
        obj["metadata"]["name"],
        [one.body for one in answers],
    )


async def ask_both(
    servers: Sequence[Asked],
    verb: str,
    path: str,
    obj: Object | None = None,
    media: str = "application/json",
    accept: str = "",
    more: Mapping[str, str] | None = None,
) -> list[Answer]:
    """The answers of both, in the order of the servers."""
    return list(await asyncio.gather(*(one.ask(verb, path, obj, media, accept, more) for one in servers)))
