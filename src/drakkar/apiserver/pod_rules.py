"""What a pod's spec must have and must not have, wherever it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from drakkar.api.quantity import Quantity
from drakkar.apiserver.errors import Cause

Object = dict[str, Any]

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_LABEL_SAID = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'"
_RESTART_POLICIES = ["Always", "OnFailure", "Never"]
_PULL_POLICIES = ["Always", "IfNotPresent", "Never"]
_PROTOCOLS = ["SCTP", "TCP", "UDP"]
_CLAIM_SOURCES = ("resourceClaimName", "resourceClaimTemplateName")


def quoted(text: Any) -> str:
    """A value as messages show it."""
    return json.dumps(text, ensure_ascii=False)


def _named(entries: Iterable[Object], path: str) -> Iterator[Cause]:
    """Names that are missing, malformed or there twice."""
    seen: set[str] = set()
    for at, entry in enumerate(entries):
        name = entry.get("name") or ""
        field = f"{path}[{at}].name"
        if not name:
            yield Cause.required(field)
        elif not _LABEL.fullmatch(name):
            yield Cause.invalid(field, quoted(name), _LABEL_SAID)
        elif name in seen:
            yield Cause("FieldValueDuplicate", f"Duplicate value: {quoted(name)}", field)
        seen.add(name)


def _not_found(field: str, name: str) -> Cause:
    return Cause("FieldValueNotFound", f"Not found: {quoted(name)}", field)


def _port(value: Any, field: str) -> Iterator[Cause]:
    if not value:
        yield Cause.required(field)
    elif not 0 < value < 65536:
        yield Cause.invalid(field, str(value), "must be between 1 and 65535, inclusive")


def _resources(resources: Object, claims: set[str], path: str) -> Iterator[Cause]:
    limits = resources.get("limits") or {}
    for part in ("limits", "requests"):
        for name, text in (resources.get(part) or {}).items():
            if text.startswith("-"):
                yield Cause.invalid(
                    f"{path}.{part}[{name}]", quoted(text), "must be greater than or equal to 0"
                )
    for name, text in (resources.get("requests") or {}).items():
        if name in limits and Quantity.parse(limits[name]) < Quantity.parse(text):
            said = f"must be less than or equal to {name} limit of {limits[name]}"
            yield Cause.invalid(f"{path}.requests", quoted(text), said)
    for at, claim in enumerate(resources.get("claims") or ()):
        if claim.get("name") not in claims:
            yield _not_found(f"{path}.claims[{at}].name", claim.get("name", ""))


def _container(container: Object, volumes: set[str], claims: set[str], path: str) -> Iterator[Cause]:
    if not container.get("image"):
        yield Cause.required(f"{path}.image")
    policy = container.get("imagePullPolicy")
    if policy not in _PULL_POLICIES:
        yield Cause.unsupported(f"{path}.imagePullPolicy", str(policy), _PULL_POLICIES)
    for at, port in enumerate(container.get("ports") or ()):
        yield from _port(port.get("containerPort"), f"{path}.ports[{at}].containerPort")
        if port.get("protocol") not in _PROTOCOLS:
            yield Cause.unsupported(f"{path}.ports[{at}].protocol", str(port.get("protocol")), _PROTOCOLS)
    for at, variable in enumerate(container.get("env") or ()):
        if not variable.get("name"):
            yield Cause.required(f"{path}.env[{at}].name")
    seen: set[str] = set()
    for at, mount in enumerate(container.get("volumeMounts") or ()):
        field, place = f"{path}.volumeMounts[{at}]", mount.get("mountPath")
        if mount.get("name") not in volumes:
            yield _not_found(f"{field}.name", mount.get("name", ""))
        if not place:
            yield Cause.required(f"{field}.mountPath")
        elif place in seen:
            yield Cause.invalid(f"{field}.mountPath", quoted(place), "must be unique")
        seen.add(place)
    yield from _resources(container.get("resources") or {}, claims, f"{path}.resources")


def _claims(entries: list[Object], path: str) -> Iterator[Cause]:
    yield from _named(entries, path)
    for at, entry in enumerate(entries):
        sources = [source for source in _CLAIM_SOURCES if entry.get(source)]
        listed = ", ".join(f"`{source}`" for source in _CLAIM_SOURCES)
        if not sources:
            yield Cause.required(f"{path}[{at}]", f"must specify one of: {listed}")
        elif len(sources) > 1:
            yield Cause.invalid(f"{path}[{at}]", quoted(entry), f"at most one of {listed} may be specified")


def pod_spec(spec: Object, path: str, policies: list[str] = _RESTART_POLICIES) -> Iterator[Cause]:
    """What is wrong with a pod's spec, after defaulting; `policies` are the restart policies allowed here."""
    yield from _named(spec.get("volumes") or (), f"{path}.volumes")
    yield from _claims(spec.get("resourceClaims") or [], f"{path}.resourceClaims")
    volumes = {volume.get("name", "") for volume in spec.get("volumes") or ()}
    claims = {claim.get("name", "") for claim in spec.get("resourceClaims") or ()}
    if not spec.get("containers"):
        yield Cause.required(f"{path}.containers")
    for part in ("initContainers", "containers"):
        containers = spec.get(part) or ()
        yield from _named(containers, f"{path}.{part}")
        for at, container in enumerate(containers):
            yield from _container(container, volumes, claims, f"{path}.{part}[{at}]")
    if spec.get("restartPolicy") not in policies:
        yield Cause.unsupported(f"{path}.restartPolicy", str(spec.get("restartPolicy")), policies)
