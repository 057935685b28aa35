"""Whether a pod may be given other resources in place (KEP-1287): cpu and memory of its containers, and of itself as a whole."""

from __future__ import annotations

from collections.abc import Iterator

from drakkar.api.object import Object
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, mapping, same, text

_MUTABLE = ("cpu", "memory")
_PARTS = ("requests", "limits")
_ONLY = "only cpu and memory resources are mutable"
_ONLY_INIT = "only cpu and memory resources for init or sidecar containers are mutable"
_RESTARTED = "non-sidecar init containers with a resize policy of RestartContainer cannot be resized"


def resize(found: Findings, new: Object, old: Object) -> None:
    """What of the change from `old` to `new` may not be made while the pod runs; what holds for any pod is not asked here.

    Everything but resources and their policies is thought to be equal, where the containers are the same by their names.
    """
    after, before = mapping(new, "spec"), mapping(old, "spec")
    if not _is_supported(mapping(old, "status")):
        found.forbidden("spec", "Pod running on node without support for resize")
    _of_pod(found, after, before)
    if not all([_in_order(found, name, after, before) for name in ("containers", "initContainers")]):
        return
    for name in ("initContainers", "containers"):
        for path, one, other in _pairs(name, after, before):
            _kept(found, f"{path}.resources", "resource", one.get("resources"), other.get("resources"))
    for _, one, other in _pairs("containers", after, before):
        if not same(_with_old(one, other), other):
            found.forbidden("spec", _ONLY)
    for path, one, other in _pairs("initContainers", after, before):
        _init_container(found, path, one, other)


def unsaid(found: Findings, new: Object, old: Object) -> None:
    """Of a change that has nothing else wrong: whether the pod says something of resources as a whole that are none."""
    one, other = (mapping(obj, "spec").get("resources") for obj in (new, old))
    if not _says(one) and not _says(other) and ((one is None) != (other is None) or not same(one, other)):
        found.forbidden("spec", _ONLY)


def _is_supported(status: Object) -> bool:
    """Whether the node says of a container that runs what it has; where none runs nobody knows."""
    running = (
        one for one in items(status, "containerStatuses") if mapping(one, "state").get("running") is not None
    )
    first = next(running, None)
    return first is None or first.get("resources") is not None


def _of_pod(found: Findings, after: Object, before: Object) -> None:
    """What the pod takes as a whole; KEP-5419."""
    one, other = after.get("resources"), before.get("resources")
    if not _says(one) and not _says(other):
        return
    _kept(found, "spec.resources", "pod-level resource", one, other)
    if not same(_munged(one, other), other):
        found.forbidden("spec", f"{_ONLY} at pod-level")


def _says(resources: Object | None) -> bool:
    return any(mapping(resources or {}, part) for part in _PARTS)


def _kept(found: Findings, path: str, what: str, new: Object | None, old: Object | None) -> None:
    """Nothing that was asked for, or limited, is so no more."""
    for part in _PARTS:
        if not mapping(old or {}, part).keys() <= mapping(new or {}, part).keys():
            found.forbidden(f"{path}.{part}", f"{what} {part} cannot be removed")


def _in_order(found: Findings, name: str, after: Object, before: Object) -> bool:
    """Whether the containers are those that there were."""
    path, new, old = f"spec.{name}", items(after, name), items(before, name)
    if len(new) != len(old):
        found.forbidden(path, f"{name} may not be added or removed on resize")
        return False
    others = [at for at, one in enumerate(old) if text(new[at], "name") != text(one, "name")]
    for at in others:
        found.forbidden(f"{path}[{at}].name", f"{name} may not be renamed or reordered on resize")
    return not others


def _pairs(name: str, after: Object, before: Object) -> Iterator[tuple[str, Object, Object]]:
    """Each container as it is to be, and as it was."""
    for at, (one, other) in enumerate(zip(items(after, name), items(before, name), strict=True)):
        yield f"spec.{name}[{at}]", one, other


def _init_container(found: Findings, path: str, one: Object, other: Object) -> None:
    if not same(_with_old(one, other), other):
        found.forbidden(path, _ONLY_INIT)
    if text(one, "restartPolicy") == "Always" or same(one, other):
        return
    for policy in items(one, "resizePolicy"):
        if text(policy, "restartPolicy") == "RestartContainer":
            found.forbidden(path, _RESTARTED)


def _with_old(one: Object, other: Object) -> Object:
    """A container with the cpu and memory of another."""
    return {**one, "resources": _munged(one.get("resources"), other.get("resources"))}


def _munged(one: Object | None, other: Object | None) -> Object:
    """Resources with the cpu and memory of others."""
    made = {**(one or {})}
    for part in _PARTS:
        kept = {name: amount for name, amount in mapping(made, part).items() if name not in _MUTABLE}
        old = mapping(other or {}, part)
        made[part] = {**kept, **{name: old[name] for name in _MUTABLE if name in old}}
    return made
