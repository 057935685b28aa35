"""The API server itself, without a network or a disk, and a client of it in one: it answers what a server answers.

What a test sets up itself may go into the store past all rules (`put` and its like), as if it had always been there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any

from starlette.datastructures import QueryParams

from drakkar.api.object import Object
from drakkar.apiserver.access import request_info
from drakkar.apiserver.access.tokens import TokenIssuer
from drakkar.apiserver.http.app import build_app
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.store import Store
from drakkar.client import Client, Handler, Resource
from drakkar.testing.asgi import Exchange
from drakkar.testing.copied import copied
from drakkar.testing.fates import Asked, Fates
from drakkar.testing.follow import Follower
from drakkar.testing.open_gate import OpenGate

_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
Which = Resource | str
"""A collection: as the client names it, or by its plural."""


class MemoryApi(Client):
    """A client whose server is itself. Its requests meet their `fates` and are kept in `asked`; use it on one event loop.

    `on_write` is called after each write, of whoever, before the writer has his answer.
    """

    def __init__(self, signing_key: Path | None = None) -> None:
        """With a signing key (EC, PEM) there are tokens of service accounts to be had."""
        super().__init__("https://127.0.0.1:6443")
        self.fates = Fates()
        self.asked: list[Asked] = []
        self.on_write: list[Callable[[], None]] = []
        self.store = Store()
        self._kinds = registry()
        issuer = TokenIssuer(signing_key) if signing_key else None
        self._app = build_app(Rest(self.store, self._kinds), OpenGate(), issuer)
        self._stored = [kind for kind in self._kinds if kind.stored and not kind.stored_as]
        self._by_plural: dict[str, Kind] = {}
        for kind in self._stored:
            self._by_plural.setdefault(kind.plural, kind)
        self._followers: dict[str, Follower] = {}
        for resource in {kind.resource for kind in self._stored}:
            self.store.listen(resource, self._written)
        for name in _NAMESPACES:
            self.put_namespace(name)

    async def aclose(self) -> None:
        """Let the store go."""
        self.store.end_watches()
        self.store.close()

    # What tests ask.

    def all(self, which: Which, namespace: str | None = None) -> list[Object]:
        """The objects of a collection."""
        return copied(self.store.list(self._kind(which).resource, namespace))

    def find(self, which: Which, name: str, namespace: str | None = None) -> Object | None:
        """An object, or None."""
        return copied(self.store.get(self._key(which, name, namespace)))

    def have(self, which: Which, name: str, namespace: str | None = None) -> Object:
        """An object that is there; KeyError where it is not."""
        found = self.find(which, name, namespace)
        if found is None:
            raise KeyError(f"{self._kind(which).plural} {namespace or ''}/{name}")
        return found

    def everything(self) -> Iterator[tuple[str, Object]]:
        """Every object with the plural of its kind."""
        for kind in self._stored:
            for obj in self.store.list(kind.resource):
                yield kind.plural, copied(obj)

    async def until(self, holds: Callable[[], Any], limit: float = 20.0) -> Any:
        """What `holds` returns, once it is true; TimeoutError after `limit` seconds."""
        changed = asyncio.Event()
        self.on_write.append(changed.set)
        try:
            async with asyncio.timeout(limit):
                while not (answer := holds()):
                    changed.clear()
                    await changed.wait()
                return answer
        finally:
            self.on_write.remove(changed.set)

    def follow(self, which: Which, handler: Handler) -> Follower:
        """Tell a handler of every change, at once."""
        follower = self._followers.get(resource := self._kind(which).resource)
        if follower is None:
            follower = self._followers[resource] = Follower(self.store, resource)
        follower.handlers.append(handler)
        return follower

    # What tests do past all rules.

    def put(self, which: Which, obj: Object) -> Object:
        """Store an object as it is; what it is and its uid are filled in."""
        kind, obj = self._kind(which), copied(obj)
        metadata = obj["metadata"]
        key = self._key(which, metadata["name"], metadata.get("namespace"))
        old = self.store.get(key)
        obj = {"apiVersion": kind.api_version, "kind": kind.kind, **obj}
        metadata.setdefault("uid", "uid-" + "-".join((kind.plural, *key[1:])))
        if old is None:
            return copied(_now(self.store.create(key, obj)))
        return copied(_now(self.store.update(key, obj, old["metadata"]["resourceVersion"])))

    def put_namespace(self, name: str) -> None:
        """Have a namespace with what pods in it need."""
        self.put("namespaces", {"metadata": {"name": name}, "spec": {"finalizers": ["kubernetes"]}})
        self.put("serviceaccounts", {"metadata": {"name": "default", "namespace": name}})

    def set_spec(self, which: Which, name: str, namespace: str | None = None, **fields: Any) -> Object:
        """Write fields of a spec."""
        return self._set("spec", which, name, namespace, fields)

    def set_status(self, which: Which, name: str, namespace: str | None = None, **fields: Any) -> Object:
        """Write fields of a status."""
        return self._set("status", which, name, namespace, fields)

    def _set(self, part: str, which: Which, name: str, namespace: str | None, fields: Object) -> Object:
        obj = self.have(which, name, namespace)
        return self.put(which, {**obj, part: {**(obj.get(part) or {}), **fields}})

    def remove(self, which: Which, name: str, namespace: str | None = None) -> None:
        """Have an object be gone."""
        obj = self.have(which, name, namespace)
        _now(self.store.delete(self._key(which, name, namespace), obj["metadata"]["resourceVersion"]))

    # The client.

    async def request(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Object:
        """One request for a JSON object, as far as its fate lets it come."""
        if method != "GET" and self.before_write is not None:
            self.before_write()
        asked = _asked(method, path, dict(params or {}), json)
        self.asked.append(asked)
        exchange = Exchange(method, path, params, json, headers)
        # On its way there others have their turn.
        await asyncio.sleep(0)
        return await self.fates.meet(asked, lambda: exchange.answer(self._app))

    async def text(self, method: str, path: str, params: Mapping[str, str] | None = None) -> str:
        """One request for text."""
        return (await Exchange(method, path, params).body(self._app)).decode()

    async def watch(
        self,
        resource: Resource,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        resource_version: str | None = None,
        seconds: int = 300,
    ) -> AsyncIterator[tuple[str, Object]]:
        """Events as (type, object) until the server ends the watch."""
        params = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(seconds),
            "labelSelector": label_selector or "",
            "fieldSelector": field_selector or "",
            "resourceVersion": resource_version or "",
        }
        async for event in Exchange("GET", resource.path(namespace), params).events(self._app):
            yield event

    def _written(self) -> None:
        for heard in list(self.on_write):
            heard()

    def _kind(self, which: Which) -> Kind:
        return self._by_plural[which if isinstance(which, str) else which.plural]

    def _key(self, which: Which, name: str, namespace: str | None) -> tuple[str, str, str]:
        return self._kind(which).resource, namespace or "", name


def _asked(method: str, path: str, params: dict[str, str], body: Any) -> Asked:
    found = request_info.attributes(method, path, QueryParams(params))
    resource = f"{found.resource}/{found.subresource}" if found.subresource else found.resource
    return Asked(found.verb, resource, found.namespace, found.name, params, body)


def _now(write: Coroutine[Any, Any, Object]) -> Object:
    """What a write of the store gives; on the loop there is nothing that it waits for."""
    try:
        write.send(None)
    except StopIteration as done:
        written: Object = done.value
        return written
    raise RuntimeError("a write waited")
