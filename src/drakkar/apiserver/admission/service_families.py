"""Of which families the addresses of a service are, in a cluster that gives addresses of one family, IPv4."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, text
from drakkar.validation.service.cluster_ips import cluster_ips

_OWN, _OTHER = "IPv4", "IPv6"
_POLICY = "spec.ipFamilyPolicy"


def families(spec: Object, before: Object) -> list[FieldError]:
    """Fill in the families and their policy, in place; `before` is the spec as it was, empty for a new service.

    What is wrong with them is said before anything else is looked at.
    """
    bare = text(spec, "clusterIP") == "None" and not spec.get("selector")
    if spec.get("ipFamilyPolicy") is None:
        spec["ipFamilyPolicy"] = before.get("ipFamilyPolicy") or (
            "RequireDualStack" if bare else "SingleStack"
        )
    found = Findings()
    cluster_ips(found, spec)
    wrong = found.listed()
    if wrong:
        return wrong
    _stacks(found, spec, before)
    _infer(found, spec)
    wrong = found.listed()
    if wrong:
        return wrong
    if bare:
        _bare(spec)
        return []
    if spec["ipFamilyPolicy"] == "RequireDualStack":
        said = "this cluster is not configured for dual-stack services"
        found.invalid(_POLICY, spec["ipFamilyPolicy"], said)
    for at, family in enumerate(items(spec, "ipFamilies")):
        if family != _OWN:
            found.invalid(f"spec.ipFamilies[{at}]", family, "not configured on this cluster")
    if not items(spec, "ipFamilies"):
        spec["ipFamilies"] = [_OWN]
    return found.listed()


def _stacks(found: Findings, spec: Object, before: Object) -> None:
    alone = spec["ipFamilyPolicy"] == "SingleStack"
    for field, what, plural in (
        ("clusterIPs", "cluster IP", "cluster IPs"),
        ("ipFamilies", "IP family", "IP families"),
    ):
        held, wanted = items(before, field), items(spec, field)
        if alone and held and held == wanted:
            # Nothing else was changed, so that it is clear what is meant.
            wanted = spec[field] = wanted[:1]
        if not alone and 0 < len(wanted) < len(held):
            said = f"must be 'SingleStack' to release the secondary {what}"
            found.invalid(_POLICY, spec["ipFamilyPolicy"], said)
        if alone and len(wanted) == 2:
            said = f"must be 'RequireDualStack' or 'PreferDualStack' when multiple {plural} are specified"
            found.invalid(_POLICY, spec["ipFamilyPolicy"], said)


def _infer(found: Findings, spec: Object) -> None:
    """The families of addresses that are given."""
    known = list(items(spec, "ipFamilies"))
    addresses = [one for one in items(spec, "clusterIPs") if one != "None"]
    for at, address in enumerate(addresses[len(known) :], len(known)):
        if ":" in address:
            said = f"{_OTHER} is not configured on this cluster"
            found.invalid(f"spec.clusterIPs[{at}]", addresses, said)
        else:
            known.append(_OWN)
    if known:
        spec["ipFamilies"] = known


def _bare(spec: Object) -> None:
    """A service without addresses and pods, of whose endpoints nothing is known, may have any."""
    known = items(spec, "ipFamilies") or [_OWN]
    if len(known) == 1 and spec["ipFamilyPolicy"] != "SingleStack":
        known = [*known, _OTHER if known[0] == _OWN else _OWN]
    spec["ipFamilies"] = known
