"""Completes new and changed objects from what else is stored, and refuses what the cluster's state forbids."""

from __future__ import annotations

from typing import Any

from drakkar.apiserver import admission_pods, defaults_workloads, errors, service_addresses
from drakkar.apiserver.store import Store

Object = dict[str, Any]

_ADMIN_ACCESS = "resource.kubernetes.io/admin-access"


def admit(resource: str, new: Object, store: Store) -> None:
    """Complete a new object in place; raises StatusError 403 or 422."""
    if resource == "/pods":
        admission_pods.admit(new, store)
    elif resource == "/services":
        service_addresses.assign(new, None, store)
    elif resource == "/namespaces":
        spec = new.setdefault("spec", {})
        spec["finalizers"] = ["kubernetes"]
    elif resource == "batch/jobs":
        defaults_workloads.job_identity(new)
    elif resource == "resource.k8s.io/resourceclaims":
        _admin_access(new, new.get("spec") or {}, "ResourceClaim", "spec", store)
    elif resource == "resource.k8s.io/resourceclaimtemplates":
        inner = (new.get("spec") or {}).get("spec") or {}
        _admin_access(new, inner, "ResourceClaimTemplate", "spec.spec", store)


def admit_update(resource: str, old: Object, new: Object, store: Store) -> None:
    """Complete a changed object in place, with what it had before; raises StatusError 422."""
    if resource == "/services":
        service_addresses.assign(new, old, store)
    elif resource == "batch/jobs":
        # A client that sends its own manifest again does not know what was generated at creation.
        spec, before = new["spec"], old["spec"]
        spec.setdefault("selector", before.get("selector"))


def _admin_access(obj: Object, spec: Object, kind: str, path: str, store: Store) -> None:
    wants = [
        at
        for at, request in enumerate((spec.get("devices") or {}).get("requests") or ())
        if (request.get("exactly") or {}).get("adminAccess")
    ]
    if not wants:
        return
    namespace = store.get(("/namespaces", "", obj["metadata"]["namespace"])) or {"metadata": {}}
    if (namespace["metadata"].get("labels") or {}).get(_ADMIN_ACCESS) == "true":
        return
    said = f'admin access to devices requires the `{_ADMIN_ACCESS}: "true"` label on the containing namespace'
    raise errors.invalid(
        "resource.k8s.io",
        kind,
        obj["metadata"]["name"],
        [errors.Cause.forbidden(f"{path}.devices.requests[{at}].exactly.adminAccess", said) for at in wants],
    )
