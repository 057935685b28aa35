"""The addresses of a Service in the cluster, and their families."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation.addresses import Address, legacy_address
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, text

_FAMILIES = ("IPv4", "IPv6")
_FAMILY_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
_NONE = "None"


def cluster_ips(found: Findings, spec: Object) -> None:
    """What belongs to a service that has addresses."""
    if text(spec, "type") == "ExternalName":
        return
    first, addresses = text(spec, "clusterIP"), items(spec, "clusterIPs")
    here = "spec.clusterIPs"
    if first and not addresses:
        found.required(here)
    elif first and addresses[0] != first:
        found.invalid(here, addresses, "first value must match `clusterIP`")
    elif not first and addresses:
        found.invalid(here, addresses, "must be empty when `clusterIP` is not specified")
    _families(found, spec)
    read = _read(found, here, addresses)
    if len(addresses) > 2:
        found.invalid(here, addresses, "may only hold up to 2 values")
    if read is None:
        return
    if len(read) > 1 and len({address.version for address in read}) != 2:
        found.invalid(here, addresses, "may specify no more than one IP for each IP family")
    for at, (address, family) in enumerate(zip(read, items(spec, "ipFamilies"), strict=False)):
        if family in _FAMILIES and f"IPv{address.version}" != family:
            said = f"expected an {family} value as indicated by `ipFamilies[{at}]`"
            found.invalid(f"{here}[{at}]", addresses[at], said)


def _families(found: Findings, spec: Object) -> None:
    seen: set[str] = set()
    for at, family in enumerate(items(spec, "ipFamilies")):
        here = f"spec.ipFamilies[{at}]"
        if family not in _FAMILIES:
            found.not_supported(here, family, _FAMILIES)
        if family in seen:
            found.duplicate(here, family)
        seen.add(family)
    policy = spec.get("ipFamilyPolicy")
    if policy is not None and policy not in _FAMILY_POLICIES:
        found.not_supported("spec.ipFamilyPolicy", policy, _FAMILY_POLICIES)


def _read(found: Findings, path: str, addresses: list[str]) -> list[Address] | None:
    """The addresses, none for a headless service; None where one of them is wrong."""
    read: list[Address] = []
    wrong = False
    for at, address in enumerate(addresses):
        if at == 0 and address == _NONE:
            if len(addresses) > 1:
                wrong = True
                found.invalid(path, addresses, "'None' must be the first and only value")
            continue
        parsed = legacy_address(found, f"{path}[{at}]", address)
        wrong = wrong or parsed is None
        read += [] if parsed is None else [parsed]
    return None if wrong else read
