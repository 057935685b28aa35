"""What containers and whole pods ask for of the node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from drakkar.api.object import Object
from drakkar.api.pod_totals import container_totals
from drakkar.api.quantity import Quantity
from drakkar.api.resource_names import HUGEPAGES, is_for_pod, is_hugepages, may_overcommit
from drakkar.validation import formats
from drakkar.validation.field_error import Findings, short
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.resource_amounts import amount as any_amount
from drakkar.validation.resource_amounts import container_resource_name, resource_name

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
    if any(is_hugepages(name) for name in names) and not names & {"cpu", "memory"}:
        found.forbidden(path, "HugePages require cpu or memory")
    _claims(found, f"{path}.claims", items(given, "claims"), claims)


def _beside_limit(found: Findings, path: str, name: str, asked: Quantity, limit: str | None) -> None:
    fixed = not may_overcommit(name)
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
    any_amount(found, path, name, amount)
    if is_hugepages(name) and not _divisible(name, amount):
        said = f"{amount.format()} is not positive integer multiple of {name}"
        found.invalid(path, amount.format(), said)


def _divisible(name: str, amount: Quantity) -> bool:
    try:
        page = Quantity.parse(name.removeprefix(HUGEPAGES))
    except ValueError:
        return False
    return page.nanos > 0 and amount.nanos > 0 and amount.nanos % page.nanos == 0


def _pod_name(found: Findings, path: str, name: str) -> None:
    if resource_name(found, path, name) and not is_for_pod(name):
        found.not_supported(path, name, ("cpu", HUGEPAGES, "memory"))


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
    for name, total in container_totals(spec, "requests").items():
        if name in requests and total > Quantity.parse(requests[name]):
            shown = Quantity.parse(requests[name]).format()
            said = f"must be greater than or equal to aggregate container requests of {total.format()}"
            found.invalid(f"{path}.requests[{name}]", shown, said)
    for name, total in container_totals(spec, "limits").items():
        if is_hugepages(name) and name in limits and total > Quantity.parse(limits[name]):
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
