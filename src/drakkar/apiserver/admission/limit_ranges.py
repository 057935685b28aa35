"""Holds pods and PersistentVolumeClaims to the LimitRanges of their namespace, and gives containers what they do not say."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from drakkar.api.object import Object
from drakkar.api.or_empty import mapping, objects
from drakkar.api.pod_totals import Amounts, amounts, container_totals, containers_of, resources_of
from drakkar.api.quantity import FINE, MILLI, NANO, Quantity
from drakkar.api.resource_names import POD
from drakkar.apiserver import beside, errors
from drakkar.apiserver.admission.plugin import Plugin
from drakkar.apiserver.kinds.pod_resizing import RESIZE
from drakkar.apiserver.storage.errors import LARGEST, TooLargeError
from drakkar.apiserver.storage.store import Store

_RANGES = "/limitranges"
_ANNOTATION = "kubernetes.io/limit-ranger"
_PODS, _CLAIMS = "Pod", "PersistentVolumeClaim"
_CONTAINERS = ("containers", "initContainers")
_AMOUNTS = ("default", "defaultRequest", "min", "max", "maxLimitRequestRatio")
# What the work on one name, or one range, for one container weighs.
_EACH = 32
# Nobody reads more of what is wrong.
_MOST_TOLD = 1_000


class LimitRanges(Plugin):
    """All of it, as an admission plugin. Containers of a pod change by a resize only, so that no other change is looked at."""

    resources = frozenset({"/pods", "/persistentvolumeclaims"})

    def mutate(self, new: Object, old: Object | None, store: Store) -> None:
        """Give the containers of a new pod, in place, the requests and limits that they do not say."""
        if old is None and _is_pod(new):
            said = _fill(new, store)
            if said:
                meta = new["metadata"]
                told = f"LimitRanger plugin set: {said}"
                meta["annotations"] = {**(meta.get("annotations") or {}), _ANNOTATION: told}

    def mutate_part(self, new: Object, old: Object, subresource: str, store: Store) -> None:
        """Give the containers of a pod that is resized the same; it keeps its annotations."""
        if subresource == RESIZE and not _goes(old):
            _fill(new, store)

    def validate(self, new: Object, old: Object | None, subresource: str, store: Store) -> None:
        """Raises StatusError 403 for what is outside a range."""
        if subresource != (RESIZE if _is_pod(new) and old is not None else "") or _goes(old):
            return
        ranges = _ranges(new, store)
        sizes = _Sizes(new) if ranges and _is_pod(new) else None
        for limit_range in ranges:
            outside = _claim(new, limit_range) if sizes is None else sizes.outside(limit_range)
            refused = list(itertools.islice(outside, _MOST_TOLD))
            if refused:
                plural = "pods" if _is_pod(new) else "persistentvolumeclaims"
                raise errors.forbidden("", plural, new["metadata"].get("name", ""), _together(refused))


def _is_pod(obj: Object) -> bool:
    return obj.get("kind") == _PODS


def _goes(old: Object | None) -> bool:
    return old is not None and "deletionTimestamp" in old["metadata"]


def _ranges(obj: Object, store: Store) -> list[Object]:
    """Those of the namespace. TooHeavyError where it is much to look at an object by them."""
    namespace = obj["metadata"].get("namespace", "")
    found = store.list(_RANGES, namespace)
    holders = sum(1 for field in _CONTAINERS for _ in containers_of(obj["spec"], field)) or 1
    for limit_range in found:
        beside.demand(store.weight((_RANGES, namespace, limit_range["metadata"]["name"])))
    names = sum(len(mapping(limit.get(part))) for one in found for limit in _limits(one) for part in _AMOUNTS)
    beside.demand(_EACH * holders * (len(found) + names))
    return found


def _limits(limit_range: Object) -> Iterator[Object]:
    yield from objects(mapping(limit_range.get("spec")).get("limits"))


def _together(said: Iterable[str]) -> str:
    unique = list(dict.fromkeys(said))
    return unique[0] if len(unique) == 1 else f"[{', '.join(unique)}]"


def _fill(pod: Object, store: Store) -> str:
    """Give the containers in place what they do not say; what the last range that gave something did. TooLargeError."""
    room, last = LARGEST, ""
    for limit_range in _ranges(pod, store):
        room, said = _fill_by(pod, limit_range, room)
        last = said or last
    return last


def _fill_by(pod: Object, limit_range: Object, room: int) -> tuple[int, str]:
    """What is left of `room`, in letters, when the containers have what they are given, and what that is; TooLargeError where
    nothing is left."""
    given: dict[str, dict[str, str]] = {"requests": {}, "limits": {}}
    for limit in _limits(limit_range):
        if limit.get("type") == "Container":
            given["requests"].update(mapping(limit.get("defaultRequest")))
            given["limits"].update(mapping(limit.get("default")))
    ordered = {part: sorted(names) for part, names in given.items()}
    said = []
    for field, what in zip(_CONTAINERS, ("container", "init container"), strict=True):
        for container in containers_of(pod["spec"], field):
            for part, one in (("requests", "request"), ("limits", "limit")):
                resources = container.setdefault("resources", {})
                own = resources.get(part) or {}
                added = {name: given[part][name] for name in ordered[part] if name not in own}
                if added:
                    room -= sum(len(name) + len(amount) for name, amount in added.items())
                    if room < 0:
                        raise TooLargeError(LARGEST - room)
                    resources[part] = {**own, **added}
                    said.append(f"{', '.join(added)} {one} for {what} {container.get('name', '')}")
    return room, "; ".join(said)


class _Sizes:
    """What a pod and its containers ask for and are limited to, read once for all ranges."""

    def __init__(self, pod: Object) -> None:
        self._containers = [
            (amounts(own.get("requests")), amounts(own.get("limits")))
            for field in _CONTAINERS
            for own in map(resources_of, containers_of(pod["spec"], field))
        ]
        self._pod = (_total(pod, "requests"), _total(pod, "limits"))

    def outside(self, limit_range: Object) -> Iterator[str]:
        """What of it is outside a range."""
        for limit in _limits(limit_range):
            if limit.get("type") == "Container":
                yield from _outside(limit, self._containers)
            elif limit.get("type") == _PODS:
                yield from _outside(limit, [self._pod])


def _total(pod: Object, part: str) -> Amounts:
    """What the containers come to, or what the pod says of itself instead."""
    own = amounts(resources_of(pod["spec"]).get(part))
    return {**container_totals(pod["spec"], part), **{name: own[name] for name in POD if name in own}}


def _claim(claim: Object, limit_range: Object) -> Iterator[str]:
    """What of a PersistentVolumeClaim is outside a range; what it limits is nobody's affair."""
    asked = amounts(resources_of(claim["spec"]).get("requests"))
    for limit in _limits(limit_range):
        if limit.get("type") == _CLAIMS:
            for name, least in sorted(amounts(limit.get("min")).items()):
                yield from _below(_CLAIMS, name, least, asked, {})
            for name, most in sorted(amounts(limit.get("max")).items()):
                yield from _above(_CLAIMS, name, most, asked, None)


def _outside(limit: Object, holders: Iterable[tuple[Amounts, Amounts]]) -> Iterator[str]:
    """What of the requests and limits of each of `holders` is outside."""
    kind = limit["type"]
    least, most, ratio = (
        sorted(amounts(limit.get(part)).items()) for part in ("min", "max", "maxLimitRequestRatio")
    )
    for requests, limits in holders:
        for name, bound in least:
            yield from _below(kind, name, bound, requests, limits)
        for name, bound in most:
            yield from _above(kind, name, bound, requests, limits)
        for name, bound in ratio:
            yield from _apart(kind, name, bound, requests.get(name), limits.get(name))


def _below(kind: str, name: str, least: Quantity, requests: Amounts, limits: Amounts) -> Iterator[str]:
    said = f"minimum {name} usage per {kind} is {least.format()}"
    request, limit = requests.get(name), limits.get(name)
    asked, limited, bound = _comparable(request, limit, least)
    if request is None:
        yield f"{said}.  No request is specified"
    elif asked < bound:
        yield f"{said}, but request is {request.format()}"
    elif limit is not None and limited < bound:
        yield f"{said}, but limit is {limit.format()}"


def _above(kind: str, name: str, most: Quantity, requests: Amounts, limits: Amounts | None) -> Iterator[str]:
    """`limits` is None where nothing is limited, so that only what is asked for counts."""
    said = f"maximum {name} usage per {kind} is {most.format()}"
    request, limit = requests.get(name), None if limits is None else limits.get(name)
    asked, limited, bound = _comparable(request, limit, most)
    if limits is None and request is None:
        yield f"{said}.  No request is specified"
    elif limits is not None and limit is None:
        yield f"{said}.  No limit is specified"
    elif limit is not None and limited > bound:
        yield f"{said}, but limit is {limit.format()}"
    elif request is not None and asked > bound:
        yield f"{said}, but request is {request.format()}"


def _apart(
    kind: str, name: str, most: Quantity, request: Quantity | None, limit: Quantity | None
) -> Iterator[str]:
    said = f"{name} max limit to request ratio per {kind} is {most.format()}"
    asked, limited, _ = _comparable(request, limit, most)
    if not asked:
        yield f"{said}, but no request is specified or request is 0"
    elif not limited:
        yield f"{said}, but no limit is specified or limit is 0"
    else:
        ratio = limited / asked
        fine = most.value() <= FINE
        if (ratio * 1000 > most.value(MILLI)) if fine else (ratio > most.value()):
            yield f"{said}, but provided ratio is {ratio:.6f}"


def _comparable(request: Quantity | None, limit: Quantity | None, bound: Quantity) -> tuple[int, int, int]:
    """All of them in thousandths, rounded up; in whole ones where one of them is too large for that."""
    given = [Quantity(0) if one is None else one for one in (request, limit, bound)]
    unit = MILLI if all(one.value() <= FINE for one in given) else NANO
    asked, limited, most = (one.value(unit) for one in given)
    return asked, limited, most
