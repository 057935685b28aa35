"""Where a service listens: one of the addresses behind it, for the address of the service itself leads nowhere here."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from drakkar.api.object import Object
from drakkar.apiserver.storage.store import Store
from drakkar.apiserver.webhooks.client_config import ServiceReference
from drakkar.apiserver.webhooks.errors import CallError
from drakkar.validation.addresses import is_host
from drakkar.validation.field_error import shown as quoted

_SERVICE_LABEL = "kubernetes.io/service-name"
_SLICES = "discovery.k8s.io/endpointslices"


class Endpoint(NamedTuple):
    """Host and port of one program."""

    host: str
    port: int


def endpoint(store: Store, service: ServiceReference) -> Endpoint:
    """One of those that are ready, by chance; CallError where there is none."""
    found = store.get(("/services", service.namespace, service.name))
    if found is None:
        raise CallError(f'service "{service.name}" not found')
    spec = found.get("spec") or {}
    if spec.get("type") == "ExternalName":
        name = str(spec.get("externalName") or "")
        if not is_host(name):
            raise CallError(f'service "{service.name}" leads to no name: {quoted(name)}')
        return Endpoint(name, service.port)
    port = next((one for one in spec.get("ports") or () if one.get("port") == service.port), None)
    if port is None:
        raise CallError(f'no service port {service.port} found for service "{service.name}"')
    ready = list(_ready(store, service, port))
    if not ready:
        raise CallError(f'no endpoints available for service "{service.name}"')
    return random.choice(ready)


def _ready(store: Store, service: ServiceReference, port: Object) -> Iterator[Endpoint]:
    for one in store.list(_SLICES, service.namespace):
        labels = one["metadata"].get("labels") or {}
        if labels.get(_SERVICE_LABEL) != service.name:
            continue
        numbers = [
            p.get("port") for p in one.get("ports") or () if (p.get("name") or "") == (port.get("name") or "")
        ]
        for behind in one.get("endpoints") or ():
            # One of which nothing is known counts as ready.
            if (behind.get("conditions") or {}).get("ready") is False:
                continue
            # Who writes slices must not say what is asked for: an address is nothing but a host.
            for address in behind.get("addresses") or ():
                if is_host(str(address)):
                    yield from (Endpoint(str(address), int(number)) for number in numbers if number)
