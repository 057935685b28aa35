"""What containers and whole pods ask for of the node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from drakkar.api.object import Object
from drakkar.api.quantity import NANO, Quantity
from drakkar.validation import formats
from drakkar.validation.field_error import Findings, short
from drakkar.validation.parts import items, mapping, text

_CONTAINER = ("cpu", "memory", "ephemeral-storage")
_POD = ("cpu", "memory")
_STANDARD = frozenset(
    (
        *_CONTAINER,
        *(f"{part}.{name}" for part in ("requests", "limits") for name in _CONTAINER),
        *("pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps"),
        *(
            "persistentvolumeclaims",
            "storage",
            "requests.storage",
            "services.nodeports",
            "services.loadbalancers",
        ),
    )
)
_INTEGERS = frozenset(
    (
        *("pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps"),
        *("persistentvolumeclaims", "services.nodeports", "services.loadbalancers"),
    )
)
_HUGE = "hugepages-"
_NATIVE = "kubernetes.io/"
_RESIZABLE = ("cpu", "memory")
_RESIZE_POLICIES = ("NotRequired", "RestartContainer")
NameRule = Callable[[Findings, str, str], None]


def container_resources(found: Findings, path: str, given: Object, claims: set[str]) -> None:
    """What one container asks for."""
    _requirements(found, path, given, claims, container_resource_name)


def pod_resources(found: Findings, path: str, spec: Object, claims: set[str]) -> None:
    """What a pod asks for as a whole, which its containers must not exceed."""
    given = spec.get("resources")
    if given is None:
        return
    if text(mapping(spec, "os"), "name") == "windows":
        found.forbidden(path, "may not be set for a windows pod")
        return
    if given.get("claims") is not None:
        found.forbidden(f"{path}.claims", "claims may not be set for Resources at pod-level")
    _requirements(found, path, given, claims, _pod_name)
    _consistent(found, path, spec, given)


def _requirements(found: Findings, path: str, given: Object, claims: set[str], rule: NameRule) -> None:
    limits, requests = mapping(given, "limits"), mapping(given, "requests")
    for part, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            here = f"{path}.{part}[{name}]"
            rule(found, here, name)
            _amount(found, here, name, Quantity.parse(amount))
            if part == "requests":
                _beside_limit(found, path, name, Quantity.parse(amount), limits.get(name))
    names = {*limits, *requests}
    if any(name.startswith(_HUGE) for name in names) and not names & {"cpu", "memory"}:
        found.forbidden(path, "HugePages require cpu or memory")
    _claims(found, f"{path}.claims", items(given, "claims"), claims)


def _beside_limit(found: Findings, path: str, name: str, asked: Quantity, limit: str | None) -> None:
    fixed = not _may_overcommit(name)
    if limit is None:
        if fixed:
            found.required(f"{path}.limits", "Limit must be set for non overcommitable resources")
        return
    most = Quantity.parse(limit)
    if fixed and asked != most:
        said = f"must be equal to {name} limit of {most.format()}"
        found.invalid(f"{path}.requests", asked.format(), said)
    elif asked > most:
        said = f"must be less than or equal to {name} limit of {most.format()}"
        found.invalid(f"{path}.requests", asked.format(), said)


def _amount(found: Findings, path: str, name: str, amount: Quantity) -> None:
    amount_of(found, path, name, amount)
    if name.startswith(_HUGE) and not _divisible(name, amount):
        said = f"{amount.format()} is not positive integer multiple of {name}"
        found.invalid(path, amount.format(), said)


def amount_of(found: Findings, path: str, name: str, amount: Quantity) -> None:
    """How much of a resource there is: nothing or more, and whole ones of what is counted."""
    if amount.nanos < 0:
        found.invalid(path, amount.format(), "must be greater than or equal to 0")
    # Finer than a thousandth, the original rounds up before it looks.
    thousandths = -(-amount.nanos // (NANO // 1000))
    if thousandths % 1000 and (name in _INTEGERS or _is_extended(name)):
        found.invalid(path, amount.format(), "must be an integer", typed=True)


def _divisible(name: str, amount: Quantity) -> bool:
    try:
        page = Quantity.parse(name.removeprefix(_HUGE))
    except ValueError:
        return False
    return page.nanos > 0 and amount.nanos > 0 and amount.nanos % page.nanos == 0


def _is_native(name: str) -> bool:
    return "/" not in name or _NATIVE in name


def _may_overcommit(name: str) -> bool:
    return _is_native(name) and not name.startswith(_HUGE)


def _is_extended(name: str) -> bool:
    if _is_native(name) or name.startswith("requests."):
        return False
    return not formats.label_key(f"requests.{name}")


def _name(found: Findings, path: str, name: str) -> bool:
    wrong = formats.label_key(name)
    found.each_invalid(path, name, wrong)
    if wrong:
        return False
    if "/" not in name and name not in _STANDARD and not name.startswith((_HUGE, f"requests.{_HUGE}")):
        found.invalid(path, name, "must be a standard resource type or fully qualified")
        return False
    return True


def container_resource_name(found: Findings, path: str, name: str) -> None:
    """The name of a resource that a container can ask for."""
    _name(found, path, name)
    if "/" not in name:
        if name not in _CONTAINER and not name.startswith(_HUGE):
            found.invalid(path, name, "must be a standard resource for containers")
    elif not _is_native(name) and not _is_extended(name):
        found.invalid(path, name, "doesn't follow extended resource name standard")


def _pod_name(found: Findings, path: str, name: str) -> None:
    if _name(found, path, name) and name not in _POD and not name.startswith(_HUGE):
        found.not_supported(path, name, ("cpu", _HUGE, "memory"))


def _claims(found: Findings, path: str, given: list[Object], known: set[str]) -> None:
    """Names of the pod's claims, or of single requests of them."""
    names: set[str] = set()
    requested: Counter[str] = Counter()
    said = short(f": {', '.join(sorted(known))}" if known else " which is empty")
    for at, claim in enumerate(given):
        here, name, request = f"{path}[{at}]", text(claim, "name"), text(claim, "request")
        if not name:
            found.required(here)
            continue
        key = f"{name}/{request}" if request else name
        if name in names:
            found.duplicate(here, name)
        else:
            if request:
                found.each_invalid(f"{here}.request", request, formats.dns_label(request))
            if key in names:
                found.duplicate(here, key)
            else:
                # Each request of the claim by itself is one of the claim as a whole.
                for _ in range(requested[name] if not request else 0):
                    found.duplicate(here, name)
                if request and key not in names:
                    requested[name] += 1
            names.add(key)
        if name not in known:
            found.not_found(here, name, f"must be one of the names in pod.spec.resourceClaims{said}")


def resize_policy(found: Findings, path: str, container: Object, spec: Object) -> None:
    """What is done to a container whose resources change."""
    seen: set[str] = set()
    for at, policy in enumerate(items(container, "resizePolicy")):
        name, restart = text(policy, "resourceName"), text(policy, "restartPolicy")
        if name in seen:
            found.duplicate(f"{path}[{at}]", name)
        seen.add(name)
        for value, choices in ((name, _RESIZABLE), (restart, _RESIZE_POLICIES)):
            if not value:
                found.required(path)
            elif value not in choices:
                found.not_supported(path, value, choices)
        if text(spec, "restartPolicy") == "Never" and restart != "NotRequired":
            found.invalid(path, restart, "must be 'NotRequired' when pod `restartPolicy` is 'Never'")


def _consistent(found: Findings, path: str, spec: Object, given: Object) -> None:
    requests, limits = mapping(given, "requests"), mapping(given, "limits")
    for name, total in _aggregate(spec, "requests").items():
        if name in requests and total > Quantity.parse(requests[name]):
            shown = Quantity.parse(requests[name]).format()
            said = f"must be greater than or equal to aggregate container requests of {total.format()}"
            found.invalid(f"{path}.requests[{name}]", shown, said)
    for name, total in _aggregate(spec, "limits").items():
        if name.startswith(_HUGE) and name in limits and total > Quantity.parse(limits[name]):
            shown = Quantity.parse(limits[name]).format()
            said = f"must be greater than or equal to aggregate container limits of {total.format()}"
            found.invalid(f"{path}.limits[{name}]", shown, said)
    for at, container in enumerate(items(spec, "containers")):
        for name, amount in mapping(mapping(container, "resources"), "limits").items():
            if name in limits and Quantity.parse(amount) > Quantity.parse(limits[name]):
                shown = Quantity.parse(limits[name]).format()
                said = f"must be less than or equal to pod limits of {shown}"
                here = f"{path}.containers[{at}][{name}].limits"
                found.invalid(here, Quantity.parse(amount).format(), said)


def _aggregate(spec: Object, part: str) -> dict[str, Quantity]:
    """What the containers ask for at the most at one time: the plain ones and those beside them, or one before them."""
    total: dict[str, Quantity] = {}
    for container in items(spec, "containers"):
        _add(total, mapping(mapping(container, "resources"), part))
    beside: dict[str, Quantity] = {}
    peak: dict[str, Quantity] = {}
    for container in items(spec, "initContainers"):
        amounts = mapping(mapping(container, "resources"), part)
        at_once = dict(beside)
        _add(at_once, amounts)
        if text(container, "restartPolicy") == "Always":
            _add(total, amounts)
            beside = dict(at_once)
        for name, amount in at_once.items():
            peak[name] = max(amount, peak.get(name, amount))
    for name, amount in peak.items():
        total[name] = max(amount, total.get(name, amount))
    return total


def _add(sums: dict[str, Quantity], amounts: Object) -> None:
    for name, amount in amounts.items():
        parsed = Quantity.parse(amount)
        sums[name] = sums[name] + parsed if name in sums else parsed
