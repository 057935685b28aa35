"""A pod with its metadata's own rules, and the template of one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from drakkar.api.object import Object
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.object_meta import object_annotations, object_labels
from drakkar.validation.pod.pod_spec import pod_spec
from drakkar.validation.pod.security import local_path, match_profiles

_MIRROR = "kubernetes.io/config.mirror"
_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_PROFILES = ("runtime/default", "docker/default", "unconfined")
_COST = re.compile(r"[+-]?\d+", re.ASCII)


def pod(found: Findings, obj: Object, *, ephemeral: bool = False) -> None:
    """A new pod, its metadata's common rules aside; or one that may have `ephemeral` containers by now."""
    meta, spec = mapping(obj, "metadata"), mapping(obj, "spec")
    _own_annotations(found, "metadata.annotations", mapping(meta, "annotations"), spec)
    pod_spec(found, "spec", spec, meta)
    _tokens(found, spec)
    grace = spec.get("terminationGracePeriodSeconds")
    if grace is not None and grace < 0:
        found.invalid("spec.terminationGracePeriodSeconds", grace, "must be greater than or equal to 0")
    for path, container in listed(spec, "spec", ("containers", "initContainers")):
        image = text(container, "image")
        if image != image.strip():
            found.invalid(f"{path}.image", image, "must not have leading or trailing whitespace")
    if not ephemeral and items(spec, "ephemeralContainers"):
        found.forbidden("spec.ephemeralContainers", "cannot be set on create")
    if text(spec, "nodeName") and items(spec, "schedulingGates"):
        found.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared")
    match_profiles(found, "spec", mapping(meta, "annotations"), spec)


def pod_template(found: Findings, path: str, template: Object) -> None:
    """The template that a workload makes its pods from."""
    meta, spec = mapping(template, "metadata"), mapping(template, "spec")
    object_labels(found, f"{path}.labels", mapping(meta, "labels"))
    object_annotations(found, f"{path}.annotations", mapping(meta, "annotations"))
    _own_annotations(found, f"{path}.annotations", mapping(meta, "annotations"), spec)
    pod_spec(found, f"{path}.spec", spec)
    match_profiles(found, f"{path}.spec", mapping(meta, "annotations"), spec)
    if items(spec, "ephemeralContainers"):
        found.forbidden(
            f"{path}.spec.ephemeralContainers", "ephemeral containers not allowed in pod template"
        )


def listed(spec: Object, path: str, fields: tuple[str, ...]) -> Iterator[tuple[str, Object]]:
    """Each container of these lists with its path."""
    for field in fields:
        for at, container in enumerate(items(spec, field)):
            yield f"{path}.{field}[{at}]", container


def _tokens(found: Findings, spec: Object) -> None:
    if text(spec, "serviceAccountName"):
        return
    for at, volume in enumerate(items(spec, "volumes")):
        for source_at, source in enumerate(items(mapping(volume, "projected"), "sources")):
            if source.get("serviceAccountToken") is not None:
                path = f"spec.volumes[{at}].projected.sources[{source_at}].serviceAccountToken"
                found.forbidden(path, "must not be specified when serviceAccountName is not set")


def _own_annotations(found: Findings, path: str, given: Object, spec: Object) -> None:
    """The annotations that mean something for pods."""
    if _MIRROR in given and not text(spec, "nodeName"):
        said = "must set spec.nodeName if mirror pod annotation is set"
        found.invalid(f"{path}[{_MIRROR}]", given[_MIRROR], said)
    cost = given.get(_DELETION_COST)
    if cost is not None and not _is_cost(cost):
        found.invalid(f"{path}[{_DELETION_COST}]", cost, "must be a 32bit integer")
    for key, profile in given.items():
        if key == _SECCOMP_POD or key.startswith(_SECCOMP_CONTAINER):
            _seccomp(found, f"{path}.{key}", profile)
    names = {text(one, "name") for _, one in listed(spec, "", ("initContainers", "containers"))}
    for key, profile in given.items():
        if not key.startswith(_APPARMOR):
            continue
        name = key.removeprefix(_APPARMOR)
        if name not in names:
            found.invalid(f"{path}[{key}]", name, "container not found")
        if profile not in ("", "runtime/default", "unconfined") and not profile.startswith("localhost/"):
            found.invalid(f"{path}[{key}]", profile, f'invalid AppArmor profile name: "{profile}"')


def _is_cost(value: str) -> bool:
    if not _COST.fullmatch(value) or len(value) > 12:
        return False
    # The first figure may be no zero but in zero itself, and a plus is none of it.
    plain = value.removeprefix("-")
    return plain.isdigit() and (plain == "0" or plain[0] != "0") and -(2**31) <= int(value) < 2**31


def _seccomp(found: Findings, path: str, profile: str) -> None:
    if profile in _SECCOMP_PROFILES:
        return
    if profile.startswith("localhost/"):
        local_path(found, path, profile.removeprefix("localhost/"))
    else:
        found.invalid(path, profile, "must be a valid seccomp profile")
