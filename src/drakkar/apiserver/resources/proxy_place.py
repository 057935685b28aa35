"""Where a request goes that is passed on to a pod, a service or a node by its name: `name`, `name:port` or `scheme:name:port`."""

from __future__ import annotations

import asyncio
import ipaddress
import random
import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from drakkar.api.object import Object
from drakkar.api.or_empty import mapping, objects, text
from drakkar.apiserver import errors
from drakkar.apiserver.resources.kubelets import Kubelets
from drakkar.apiserver.storage.store import Store
from drakkar.validation.field_error import shown as quoted

_SCHEMES = ("", "http", "https")
_SERVICE_NAME = "kubernetes.io/service-name"
_NUMBER = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_PORTS = {"http": 80, "https": 443}
# Below it the machine's own services listen, above it pods of the process runtime (`kubelet.runtime.addresses`).
_OWN = ipaddress.ip_network("127.0.0.0/16")
_NOWHERE = "address not allowed"


@dataclass(frozen=True, slots=True)
class Place:
    """A peer. `context` is there where it is spoken to as the kubelet that it is, with the server's own certificate."""

    scheme: str
    host: str
    port: int
    context: ssl.SSLContext | None = None
    # By which name its certificate is looked at.
    name: str = ""

    @property
    def netloc(self) -> str:
        """As a URL has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


async def place_of(
    store: Store, kubelets: Callable[[], Kubelets], plural: str, namespace: str, asked: str
) -> Place:
    """Where what is asked for as `asked` is; raises StatusError, and what `kubelets` raises for a node."""
    parts = asked.split(":")
    scheme, name, port = parts if len(parts) == 3 else ("", *[*parts, ""][:2])
    if len(parts) > 3 or not name or scheme not in _SCHEMES:
        raise errors.bad_request(f"invalid {plural.removesuffix('s')} request {quoted(asked)}")
    if plural == "pods":
        return _pod(store, namespace, name, scheme, port)
    if plural == "services":
        return _service(store, namespace, name, scheme, port)
    return await _node(store, kubelets(), name, scheme, port)


def is_allowed(address: str) -> bool:
    """Whether a pod can have it, so that requests may be passed on to it: no address of this machine's own, nor one that leads
    nowhere else, such as that of a cloud's metadata."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    if parsed.is_loopback:
        return parsed.version == 4 and parsed not in _OWN
    if str(parsed) == "255.255.255.255":
        return False
    return not (parsed.is_link_local or parsed.is_multicast or parsed.is_unspecified)


def _placed(scheme: str, host: str, port: str) -> Place:
    scheme = scheme or "http"
    if not port:
        return Place(scheme, host, _PORTS[scheme])
    if _NUMBER.fullmatch(port):
        number = int(port)
        if not 0 <= number < 65536:
            raise unreachable(f"dial tcp: address {port}: invalid port")
        return Place(scheme, host, number)
    try:
        return Place(scheme, host, socket.getservbyname(port, "tcp"))
    except (OSError, UnicodeError, ValueError):
        raise unreachable(f"dial tcp: lookup tcp/{port}: unknown port") from None


def unreachable(why: str) -> errors.StatusError:
    """503 of a peer that cannot be spoken to."""
    return errors.StatusError(503, "ServiceUnavailable", f"error trying to reach service: {why}")


def _pod(store: Store, namespace: str, name: str, scheme: str, port: str) -> Place:
    pod = store.get(("/pods", namespace, name))
    if pod is None:
        raise errors.not_found("", "pods", name)
    if not port:
        listening = (
            one
            for container in objects(mapping(pod.get("spec")).get("containers"))
            for one in objects(container.get("ports"))[:1]
        )
        first = next(listening, None)
        port = str(first.get("containerPort") or 0) if first is not None else ""
    address = _address(pod)
    if not is_allowed(address):
        raise errors.bad_request(_NOWHERE)
    return _placed(scheme, address, port)


def _address(pod: Object) -> str:
    addresses = _addresses(pod)
    return addresses[0] if addresses else ""


def _addresses(pod: Object) -> list[str]:
    return [text(one.get("ip")) for one in objects(mapping(pod.get("status")).get("podIPs"))]


def _service(store: Store, namespace: str, name: str, scheme: str, port: str) -> Place:
    if _NUMBER.fullmatch(port):
        service = store.get(("/services", namespace, name))
        if service is None:
            raise errors.not_found("", "services", name)
        ports = objects(mapping(service.get("spec")).get("ports"))
        found = next((one for one in ports if one.get("port") == int(port)), None)
        if found is None:
            raise _unavailable(f"no service port {int(port)} found for service {quoted(name)}")
        port = text(found.get("name"))
    slices = [
        one
        for one in store.list("discovery.k8s.io/endpointslices", namespace)
        if mapping(one["metadata"].get("labels")).get(_SERVICE_NAME) == name
    ]
    # Addresses of the first family first, in each in any order.
    random.shuffle(slices)
    slices.sort(key=lambda one: one.get("addressType") != "IPv4")
    for one in slices:
        listed = [known for known in objects(one.get("ports")) if text(known.get("name")) == port]
        for known in listed:
            host = _ready(store, namespace, one)
            if host and isinstance(known.get("port"), int):
                return Place(scheme or "http", host, known["port"])
    raise _unavailable(f"no endpoints available for service {quoted(name)}")


def _unavailable(why: str) -> errors.StatusError:
    return errors.StatusError(503, "ServiceUnavailable", why)


def _ready(store: Store, namespace: str, endpoints: Object) -> str:
    """The address of one of a slice's endpoints that is ready and is that of the pod behind it; empty where there is none."""
    known = objects(endpoints.get("endpoints"))
    start = random.randrange(len(known)) if known else 0
    for one in (*known[start:], *known[:start]):
        behind, addresses = mapping(one.get("targetRef")), one.get("addresses") or [""]
        if mapping(one.get("conditions")).get("ready") is False or behind.get("namespace") != namespace:
            continue
        pod = store.get(("/pods", namespace, text(behind.get("name"))))
        # An address in a slice is whatever its writer says; that of a pod is its node's word.
        if pod is not None and addresses[0] in _addresses(pod) and is_allowed(addresses[0]):
            return str(addresses[0])
    return ""


async def _node(store: Store, kubelets: Kubelets, name: str, scheme: str, port: str) -> Place:
    node = store.get(("/nodes", "", name))
    if node is None:
        raise errors.not_found("", "nodes", name)
    published, own = kubelets.address(node)
    is_kubelet = port in ("", str(own))
    host = await _resolved(published, is_kubelet)
    if is_kubelet:
        return Place("https", host, own, kubelets.context, published)
    return _placed(scheme, host, port)


async def _resolved(host: str, is_kubelet: bool) -> str:
    """The address of a node, looked up once, so that it is the one that was looked at."""
    try:
        found = [str(ipaddress.ip_address(host))]
    except ValueError:
        loop = asyncio.get_running_loop()
        try:
            infos = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except OSError as failure:
            raise errors.bad_request(f"lookup {host}: {failure.strerror}") from None
        found = [str(info[4][0]) for info in infos]
    for address in found:
        # Kubelets of this machine listen on its own addresses; what else does is nobody's to reach through here.
        if not is_allowed(address) and not (is_kubelet and ipaddress.ip_address(address).is_loopback):
            raise errors.bad_request(_NOWHERE)
    return found[0]
