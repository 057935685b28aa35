"""What an update may not change, kind by kind."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from drakkar.apiserver.errors import Cause

Object = dict[str, Any]
Problems = Callable[[Object, Object], list[Cause]]

_IMMUTABLE = "field is immutable"
_RBAC = "rbac.authorization.k8s.io"
# Paths that keep the value they were created with.
_FIXED: dict[str, tuple[str, ...]] = {
    "apps/daemonsets": ("spec.selector",),
    "apps/deployments": ("spec.selector",),
    "apps/replicasets": ("spec.selector",),
    "apps/statefulsets": ("spec.selector", "spec.serviceName", "spec.podManagementPolicy"),
    "batch/jobs": ("spec.selector", "spec.completionMode"),
    "scheduling.k8s.io/priorityclasses": ("value", "preemptionPolicy"),
    "/secrets": ("type",),
    f"{_RBAC}/clusterrolebindings": ("roleRef",),
    f"{_RBAC}/rolebindings": ("roleRef",),
}


def _at(obj: Object, path: str) -> Any:
    found: Any = obj
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _fixed(resource: str, old: Object, new: Object) -> list[Cause]:
    return [
        Cause.invalid(path, "null", _IMMUTABLE)
        for path in _FIXED.get(resource, ())
        if _at(old, path) != _at(new, path)
    ]


def _frozen_data(old: Object, new: Object) -> list[Cause]:
    if not old.get("immutable"):
        return []
    found = (
        []
        if new.get("immutable")
        else [Cause.forbidden("immutable", "field is immutable when `immutable` is set")]
    )
    for field in ("data", "binaryData"):
        if old.get(field) != new.get(field):
            found.append(Cause.forbidden(field, "field is immutable when `immutable` is set"))
    return found


def _job(old: Object, new: Object) -> list[Cause]:
    # A suspended job that has not started may still be told where its pods run.
    if old["spec"].get("template") == new["spec"].get("template"):
        return []
    if old["spec"].get("suspend") and not (old.get("status") or {}).get("startTime"):
        return []
    return [Cause.invalid("spec.template", "null", _IMMUTABLE)]


def _deadline(old: Object, new: Object) -> list[Cause]:
    """It may be set, and be made shorter."""
    before, after = (obj["spec"].get("activeDeadlineSeconds") for obj in (old, new))
    path = "spec.activeDeadlineSeconds"
    if before is None or before == after:
        return []
    if after is None:
        return [Cause.invalid(path, "null", "must not update from a positive integer to nil value")]
    if after > before:
        return [Cause.invalid(path, str(after), "must be less than or equal to previous value")]
    return []


def _pod(old: Object, new: Object) -> list[Cause]:
    wrong = _deadline(old, new)
    if wrong:
        return wrong
    before, after = copy.deepcopy(old["spec"]), new["spec"]
    tolerations, kept = after.get("tolerations") or [], before.get("tolerations") or []
    if all(one in tolerations for one in kept):
        before["tolerations"] = tolerations
    for field in ("initContainers", "containers"):
        new_images = {one.get("name"): one.get("image") for one in after.get(field) or ()}
        for container in before.get(field) or ():
            container["image"] = new_images.get(container.get("name"), container.get("image"))
    if before.get("schedulingGates"):
        left = [gate for gate in before["schedulingGates"] if gate in (after.get("schedulingGates") or ())]
        before["schedulingGates"] = left
        if not left:
            del before["schedulingGates"]
    for field in ("activeDeadlineSeconds", "terminationGracePeriodSeconds"):
        if field in after:
            before[field] = after[field]
    if {k: v for k, v in before.items() if v != []} == {k: v for k, v in after.items() if v != []}:
        return []
    said = (
        "pod updates may not change fields other than `spec.containers[*].image`, `spec.initContainers[*].image`, "
        "`spec.activeDeadlineSeconds`, `spec.tolerations` (only additions to existing tolerations), "
        "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
    )
    return [Cause.forbidden("spec", said)]


_BY_KIND: dict[str, Problems] = {
    "/configmaps": _frozen_data,
    "/pods": _pod,
    "/secrets": _frozen_data,
    "batch/jobs": _job,
}


def problems(resource: str, old: Object, new: Object) -> list[Cause]:
    """What is wrong with replacing `old` by `new` in the store's `resource`."""
    found = _fixed(resource, old, new)
    rule = _BY_KIND.get(resource)
    return found + rule(old, new) if rule else found
