"""What a process may be or become: privileged, another user, with more capabilities."""

from __future__ import annotations

from drakkar.api.or_empty import items, mapping
from drakkar.pod_security.subject import Container, Subject
from drakkar.pod_security.violation import Violation, in_quotes, named, setters

# What container runtimes give by themselves.
_DEFAULT_CAPABILITIES = frozenset(
    {
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"),
        *("NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    }
)
_RESTRICTED_CAPABILITIES = frozenset({"NET_BIND_SERVICE"})
_ALL = "ALL"


def privileged(subject: Subject) -> Violation | None:
    """No privileged container."""
    names = [one.name for one in subject.containers if one.security.get("privileged") is True]
    if not names:
        return None
    return Violation(
        "privileged", f"{named('container', names)} must not set securityContext.privileged=true"
    )


def _capabilities(container: Container, part: str) -> list[str]:
    return list(map(str, items(mapping(container.security.get("capabilities")).get(part))))


def _added(subject: Subject, allowed: frozenset[str]) -> str:
    """Who adds which capabilities beyond those that are allowed; empty where nobody does."""
    names, added = list[str](), set[str]()
    for container in subject.containers:
        beyond = [one for one in _capabilities(container, "add") if one not in allowed]
        if beyond:
            names.append(container.name)
            added.update(beyond)
    if not names:
        return ""
    said = f"must not include {in_quotes(sorted(added))} in securityContext.capabilities.add"
    return f"{named('container', names)} {said}"


def capabilities_baseline(subject: Subject) -> Violation | None:
    """No capability beyond those that containers have by default."""
    added = _added(subject, _DEFAULT_CAPABILITIES)
    return Violation("non-default capabilities", added) if added else None


def capabilities_restricted(subject: Subject) -> Violation | None:
    """All capabilities dropped, and none added but the one for low ports."""
    keeping = [one.name for one in subject.containers if _ALL not in _capabilities(one, "drop")]
    said = []
    if keeping:
        said.append(f'{named("container", keeping)} must set securityContext.capabilities.drop=["{_ALL}"]')
    added = _added(subject, _RESTRICTED_CAPABILITIES)
    if added:
        said.append(added)
    return Violation("unrestricted capabilities", "; ".join(said)) if said else None


def privilege_escalation(subject: Subject) -> Violation | None:
    """No process that gains more than its parent has."""
    names = [
        one.name for one in subject.containers if one.security.get("allowPrivilegeEscalation") is not False
    ]
    if not names:
        return None
    must = f"{named('container', names)} must set securityContext.allowPrivilegeEscalation=false"
    return Violation("allowPrivilegeEscalation != false", must)


def run_as_non_root(subject: Subject) -> Violation | None:
    """Every container says, or its pod does for it, that it does not run as root."""
    of_pod = subject.security.get("runAsNonRoot")
    own = [(one.name, one.security.get("runAsNonRoot")) for one in subject.containers]
    by = setters(of_pod is False, [name for name, said in own if said is False])
    if by:
        return Violation("runAsNonRoot != true", f"{by} must not set securityContext.runAsNonRoot=false")
    silent = [] if of_pod is True else [name for name, said in own if said is None]
    if not silent:
        return None
    must = f"pod or {named('container', silent)} must set securityContext.runAsNonRoot=true"
    return Violation("runAsNonRoot != true", must)


def run_as_user(subject: Subject) -> Violation | None:
    """Nobody asks to be root."""
    names = [one.name for one in subject.containers if one.security.get("runAsUser") == 0]
    by = setters(subject.security.get("runAsUser") == 0, names)
    return Violation("runAsUser=0", f"{by} must not set runAsUser=0") if by else None


def proc_mount(subject: Subject) -> Violation | None:
    """No /proc but as the runtime shows it."""
    given = [(one.name, one.security.get("procMount")) for one in subject.containers]
    others = [(name, str(mount)) for name, mount in given if mount not in (None, "Default")]
    if not others:
        return None
    names, mounts = [name for name, _ in others], sorted({mount for _, mount in others})
    must = f"{named('container', names)} must not set securityContext.procMount to {in_quotes(mounts)}"
    return Violation("procMount", must)
