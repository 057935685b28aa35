"""What may be said of a pod's status in the place of what is said, and of the annotations that mean something."""

from __future__ import annotations

import ipaddress

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.addresses import legacy_address
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, mapping, text

_MIRROR = "kubernetes.io/config.mirror"
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"


def kept_annotations(found: Findings, new: Object, old: Object) -> None:
    """What others trust in is said once, when the pod is made."""
    path = "metadata.annotations"
    before, after = (mapping(mapping(one, "metadata"), "annotations") for one in (old, new))
    for key, value in before.items():
        if after.get(key) != value:
            if key.startswith(_APPARMOR):
                found.forbidden(f"{path}[{key}]", "may not remove or update AppArmor annotations")
            if key == _MIRROR:
                found.forbidden(f"{path}[{key}]", "may not remove or update mirror pod annotation")
    for key in after.keys() - before.keys():
        if key.startswith(_APPARMOR):
            found.forbidden(f"{path}[{key}]", "may not add AppArmor annotations")
        if key == _MIRROR:
            found.forbidden(f"{path}[{key}]", "may not add mirror pod annotation")


def pod_status(found: Findings, new: Object, old: Object) -> None:
    """The status of `new` in the place of that of `old`."""
    status, before, spec = mapping(new, "status"), mapping(old, "status"), mapping(new, "spec")
    annotations = mapping(mapping(new, "metadata"), "annotations")
    if _MIRROR in annotations and not text(spec, "nodeName"):
        said = "must set spec.nodeName if mirror pod annotation is set"
        found.invalid(f"metadata.annotations[{_MIRROR}]", annotations[_MIRROR], said)
    if text(status, "qosClass") != text(before, "qosClass"):
        found.invalid("status.qosClass", text(status, "qosClass"), "field is immutable", typed=True)
    node = text(status, "nominatedNodeName")
    if node:
        found.each_invalid("status.nominatedNodeName", node, formats.dns_subdomain(node))
    for field in ("hostIPs", "podIPs"):
        _addresses(found, f"status.{field}", items(status, field))
    _claims(found, spec, items(status, "resourceClaimStatuses"))
    for field in ("initContainerStatuses", "containerStatuses"):
        _still_ended(found, f"status.{field}", items(status, field), items(before, field), spec)


def _addresses(found: Findings, path: str, addresses: list[Object]) -> None:
    for at, one in enumerate(addresses):
        legacy_address(found, f"{path}[{at}]", text(one, "ip"))
    if len(addresses) < 2:
        return
    try:
        families = [ipaddress.ip_address(text(one, "ip")).version for one in addresses]
    except ValueError:
        return
    if len(set(families)) < len(families):
        shown = [{"IP": text(one, "ip")} for one in addresses]
        found.invalid(path, shown, "may specify no more than one IP for each IP family")


def _claims(found: Findings, spec: Object, told: list[Object]) -> None:
    known = {text(one, "name") for one in items(spec, "resourceClaims")}
    for at, one in enumerate(told):
        path, name = f"status.resourceClaimStatuses[{at}]", text(one, "name")
        if name not in known:
            said = "must match the name of an entry in `spec.resourceClaims`"
            found.invalid(f"{path}.name", name, said)
        claim = text(one, "resourceClaimName")
        if claim:
            found.each_invalid(f"{path}.name", claim, formats.dns_subdomain(claim))


def _still_ended(found: Findings, path: str, new: list[Object], old: list[Object], spec: Object) -> None:
    """A container that has ended and is not to be started again stays as it is."""
    policy = text(spec, "restartPolicy")
    if policy in ("", "Always"):
        return
    own = {
        text(one, "name")
        for field in ("initContainers", "containers")
        for one in items(spec, field)
        if one.get("restartPolicy")
    }
    now = {text(one, "name"): mapping(one, "state") for one in new}
    for at, one in enumerate(old):
        name, ended = text(one, "name"), mapping(one, "state").get("terminated")
        if ended is None or name in own or name not in now:
            continue
        if policy == "OnFailure" and ended.get("exitCode"):
            continue
        if now[name].get("terminated") is None:
            found.forbidden(f"{path}[{at}].state", "may not be transitioned to non-terminated state")
