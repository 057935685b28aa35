"""Waits until an API server answers ready and its nodes are Ready; every wait has a limit and says what it waited for."""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drakkar.cluster.certificates import KeyPair
from drakkar.cluster.errors import NotReadyError

_PAUSE = 0.05
_NOT_READY = "node.kubernetes.io/not-ready"
# Many nodes make a long list, and whoever asks for it too often slows down what it waits for.
_PAUSE_A_NODE = 0.001
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An API server on loopback and the credentials to ask it."""

    port: int
    authority: Path
    client: KeyPair

    def get(self, path: str, timeout: float = 2.0) -> tuple[int, bytes]:
        """Status and body of one GET; OSError where nobody answers."""
        context = ssl.create_default_context(cafile=str(self.authority))
        context.load_cert_chain(self.client.certificate, self.client.key)
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=context)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        except http.client.HTTPException as error:
            raise OSError(f"no HTTP answer: {error!r}") from None
        finally:
            connection.close()


async def server(endpoint: Endpoint, seconds: float) -> None:
    """Return once /readyz answers 200; NotReady after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        try:
            status, body = await asyncio.to_thread(endpoint.get, "/readyz")
            if status == 200:
                return
            last = f"{status} {body.decode(errors='replace')[:200]}"
        except OSError as error:
            last = str(error)
        if time.monotonic() >= end:
            raise NotReadyError(f"the API server is not ready after {seconds:g} s: {last}")
        await asyncio.sleep(_PAUSE)


def ready_nodes(node_list: dict[str, Any]) -> set[str]:
    """The names of the nodes in a NodeList whose condition Ready is True."""
    return {
        node["metadata"]["name"]
        for node in node_list.get("items") or ()
        for condition in (node.get("status") or {}).get("conditions") or ()
        if condition.get("type") == "Ready" and condition.get("status") == "True"
    }


def untainted_nodes(node_list: dict[str, Any]) -> set[str]:
    """The names of the nodes in a NodeList without the taint that an API server puts on new ones."""
    return {
        node["metadata"]["name"]
        for node in node_list.get("items") or ()
        if all(taint.get("key") != _NOT_READY for taint in node["spec"].get("taints") or ())
    }


def nodes_with_devices(slice_list: dict[str, Any]) -> set[str]:
    """The names of the nodes in a ResourceSliceList for which devices are published."""
    return {item["spec"].get("nodeName", "") for item in slice_list.get("items") or ()}


async def nodes(endpoint: Endpoint, names: set[str], seconds: float) -> None:
    """Return once every node of `names` is Ready; NotReady names those that are not."""
    await _all(endpoint, "/api/v1/nodes", ready_nodes, names, seconds, "not Ready")


async def untainted(endpoint: Endpoint, names: set[str], seconds: float) -> None:
    """Return once a controller has taken the taint of new nodes off every node of `names`: before that they get no pods."""
    await _all(endpoint, "/api/v1/nodes", untainted_nodes, names, seconds, f"with the taint {_NOT_READY}")


async def devices(endpoint: Endpoint, names: set[str], seconds: float) -> None:
    """Return once devices of every node of `names` are published; NotReady names those without."""
    path = "/apis/resource.k8s.io/v1/resourceslices"
    await _all(endpoint, path, nodes_with_devices, names, seconds, "no devices are published")


async def accounts(endpoint: Endpoint, namespaces: set[str], seconds: float) -> None:
    """Return once every namespace has its service account `default`: before that it takes no pods."""
    path = "/api/v1/serviceaccounts?fieldSelector=metadata.name%3Ddefault"
    await _all(endpoint, path, namespaces_of, namespaces, seconds, "no service account default")


def namespaces_of(object_list: dict[str, Any]) -> set[str]:
    """The namespaces in which the objects of a list are."""
    return {item["metadata"]["namespace"] for item in object_list.get("items") or ()}


async def _all(
    endpoint: Endpoint,
    path: str,
    found: Callable[[dict[str, Any]], set[str]],
    names: set[str],
    seconds: float,
    what: str,
) -> None:
    end = time.monotonic() + seconds
    missing = names
    pause = max(_PAUSE, _PAUSE_A_NODE * len(names))
    while missing:
        try:
            status, body = await asyncio.to_thread(endpoint.get, path)
            if status == 200:
                missing = names - found(json.loads(body))
        except OSError:
            # The server may be starting again; the limit below ends the wait.
            pass
        if missing and time.monotonic() >= end:
            shown = ", ".join(sorted(missing)[:_SHOWN])
            more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
            raise NotReadyError(f"{what} after {seconds:g} s: {shown}{more}")
        if missing:
            await asyncio.sleep(pause)
