"""Profiles that hold processes down: AppArmor, SELinux and seccomp must not be loosened, and at last be there."""

from __future__ import annotations

from collections.abc import Iterable

from drakkar.api.go_quoting import quoted
from drakkar.api.object import Object
from drakkar.api.or_empty import mapping, text
from drakkar.pod_security.subject import Subject
from drakkar.pod_security.violation import Violation, in_quotes, listed, named, plural, setters

_PROFILES = frozenset({"RuntimeDefault", "Localhost"})
_ARMOR_KEY = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_POD_KEY = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_KEY = "container.seccomp.security.alpha.kubernetes.io/"
_LINUX_TYPES = frozenset({"", "container_t", "container_init_t", "container_kvm_t"})
_LINUX_TYPES_1_31 = _LINUX_TYPES | {"container_engine_t"}


class _Profiles:
    """The profiles of a sort that a pod and its containers set, and that are none of those allowed."""

    def __init__(self, subject: Subject, field: str) -> None:
        own = [(one.name, one.security.get(field)) for one in subject.containers]
        of_pod = subject.security.get(field)
        self.containers = [name for name, given in own if given is not None and not _is_allowed(given)]
        self.pod = of_pod is not None and not _is_allowed(of_pod)
        self.silent = [] if of_pod is not None and not self.pod else [n for n, given in own if given is None]
        forbidden = (one for one in (of_pod, *(given for _, given in own)) if one is not None)
        self.types = sorted({_type(one) for one in forbidden if not _is_allowed(one)})


def _type(profile: object) -> str:
    return text(mapping(profile).get("type"))


def _is_allowed(profile: object) -> bool:
    return _type(profile) in _PROFILES


def app_armor(subject: Subject) -> Violation | None:
    """No AppArmor profile but the runtime's or one of the host's, be it said in a field or in an annotation."""
    found = _Profiles(subject, "appArmorProfile")
    annotations = sorted(
        f"{key}={quoted(value)}"
        for key, value in _texts(subject.annotations)
        if key.startswith(_ARMOR_KEY) and not _is_allowed_armor(value)
    )
    by = setters(found.pod, found.containers)
    if annotations:
        word = plural(annotations, "annotation")
        by = f"{by} and {word}" if by else word
    if not by:
        return None
    values = [*found.types, *annotations]
    must = f"{by} must not set AppArmor profile type to {in_quotes(values)}"
    return Violation(plural(values, "forbidden AppArmor profile"), must)


def _texts(annotations: Object) -> Iterable[tuple[str, str]]:
    return ((key, value) for key, value in annotations.items() if isinstance(value, str))


def _is_allowed_armor(value: str) -> bool:
    return value in ("", "runtime/default") or value.startswith("localhost/")


def seccomp_annotations(subject: Subject) -> Violation | None:
    """The same of seccomp, which had annotations before it had fields."""
    keys = {_SECCOMP_POD_KEY, *(f"{_SECCOMP_KEY}{one.name}" for one in subject.containers)}
    forbidden = sorted(
        f"{key}={quoted(value)}"
        for key, value in _texts(subject.annotations)
        if key in keys and value not in ("runtime/default", "docker/default")
        if not value.startswith("localhost/")
    )
    if not forbidden:
        return None
    return Violation("seccompProfile", f"forbidden {plural(forbidden, 'annotation')} {listed(forbidden)}")


def _loosened_seccomp(found: _Profiles) -> Violation | None:
    by = setters(found.pod, found.containers)
    if not by:
        return None
    must = f"{by} must not set securityContext.seccompProfile.type to {in_quotes(found.types)}"
    return Violation("seccompProfile", must)


def seccomp_baseline(subject: Subject) -> Violation | None:
    """No seccomp profile but the runtime's or one of the host's."""
    return _loosened_seccomp(_Profiles(subject, "seccompProfile"))


def seccomp_restricted(subject: Subject) -> Violation | None:
    """Such a profile for every container, of its own or of its pod."""
    found = _Profiles(subject, "seccompProfile")
    loosened = _loosened_seccomp(found)
    if loosened or not found.silent:
        return loosened
    must = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return Violation("seccompProfile", f"pod or {named('container', found.silent)} {must}")


def se_linux(subject: Subject) -> Violation | None:
    """No SELinux user, no role, and no type but those for containers."""
    return _se_linux(subject, _LINUX_TYPES)


def se_linux_1_31(subject: Subject) -> Violation | None:
    """One type more, for container engines in containers."""
    return _se_linux(subject, _LINUX_TYPES_1_31)


def _se_linux(subject: Subject, allowed: frozenset[str]) -> Violation | None:
    own = [(one.name, _linux(one.security)) for one in subject.containers]
    of_pod = _linux(subject.security)
    by = setters(_is_bad(of_pod, allowed), [name for name, given in own if _is_bad(given, allowed)])
    if not by:
        return None
    given = [of_pod, *(one for _, one in own)]
    types = sorted({one for one, _, _ in given} - allowed)
    said = [f"{plural(types, 'type')} {in_quotes(types)}"] if types else []
    said += ["user may not be set"] if any(user for _, user, _ in given) else []
    said += ["role may not be set"] if any(role for _, _, role in given) else []
    return Violation(
        "seLinuxOptions", f"{by} set forbidden securityContext.seLinuxOptions: {'; '.join(said)}"
    )


def _linux(security: Object) -> tuple[str, str, str]:
    """The SELinux type, user and role."""
    options = mapping(security.get("seLinuxOptions"))
    return text(options.get("type")), text(options.get("user")), text(options.get("role"))


def _is_bad(options: tuple[str, str, str], allowed: frozenset[str]) -> bool:
    kind, user, role = options
    return kind not in allowed or bool(user) or bool(role)
