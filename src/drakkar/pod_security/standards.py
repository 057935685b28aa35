"""The standards: which checks each level has in each version, in the order in which what they find is told."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from drakkar.pod_security import host_checks, privilege_checks, profile_checks
from drakkar.pod_security.policy import BASELINE, PRIVILEGED, Standard
from drakkar.pod_security.subject import Subject
from drakkar.pod_security.sysctl_checks import SYSCTLS
from drakkar.pod_security.violation import Violation
from drakkar.pod_security.volume_checks import restricted_volumes

Check = Callable[[Subject], Violation | None]


class _Versions(NamedTuple):
    """A check of a level: by the first minor version that has it, how it looks, and the check of `baseline` that it
    stands for in `restricted`."""

    by_minor: dict[int, Check]
    instead_of: str = ""


def _unless_windows(check: Check) -> Check:
    """Pods for Windows cannot even say what is asked for here."""
    return lambda subject: None if subject.is_for_windows else check(subject)


def _unless_own_users(check: Check) -> Check:
    """Where the pod's root is nobody on the host."""
    return lambda subject: None if subject.has_own_users else check(subject)


_BASELINE: Final = {
    "appArmorProfile": _Versions({0: profile_checks.app_armor}),
    "capabilities_baseline": _Versions({0: privilege_checks.capabilities_baseline}),
    "hostNamespaces": _Versions({0: host_checks.host_namespaces}),
    "hostPathVolumes": _Versions({0: host_checks.host_path_volumes}),
    "hostPorts": _Versions({0: host_checks.host_ports}),
    "hostProbesAndHostLifecycle": _Versions({34: host_checks.hosts_of_calls}),
    "privileged": _Versions({0: privilege_checks.privileged}),
    "procMount": _Versions(
        {0: privilege_checks.proc_mount, 35: _unless_own_users(privilege_checks.proc_mount)}
    ),
    "seLinuxOptions": _Versions({0: profile_checks.se_linux, 31: profile_checks.se_linux_1_31}),
    "seccompProfile_baseline": _Versions(
        {0: profile_checks.seccomp_annotations, 19: profile_checks.seccomp_baseline}
    ),
    "sysctls": _Versions(dict(SYSCTLS)),
    "windowsHostProcess": _Versions({0: host_checks.windows_host_process}),
}
_RESTRICTED: Final = {
    "allowPrivilegeEscalation": _Versions(
        {8: privilege_checks.privilege_escalation, 25: _unless_windows(privilege_checks.privilege_escalation)}
    ),
    "capabilities_restricted": _Versions(
        {
            22: privilege_checks.capabilities_restricted,
            25: _unless_windows(privilege_checks.capabilities_restricted),
        },
        "capabilities_baseline",
    ),
    "procMount_restricted": _Versions({35: privilege_checks.proc_mount}, "procMount"),
    "restrictedVolumes": _Versions({0: restricted_volumes}, "hostPathVolumes"),
    "runAsNonRoot": _Versions(
        {0: privilege_checks.run_as_non_root, 35: _unless_own_users(privilege_checks.run_as_non_root)}
    ),
    "runAsUser": _Versions(
        {23: privilege_checks.run_as_user, 35: _unless_own_users(privilege_checks.run_as_user)}
    ),
    "seccompProfile_restricted": _Versions(
        {19: profile_checks.seccomp_restricted, 25: _unless_windows(profile_checks.seccomp_restricted)},
        "seccompProfile_baseline",
    ),
}
# The last version that changed anything; later ones are as this one is.
NEWEST: Final = max(
    minor for level in (_BASELINE, _RESTRICTED) for one in level.values() for minor in one.by_minor
)


@functools.cache
def _checks(level: str, minor: int) -> Sequence[Check]:
    baseline = _of_version(_BASELINE, minor)
    if level == BASELINE:
        return list(baseline.values())
    restricted = _of_version(_RESTRICTED, minor)
    replaced = {_RESTRICTED[name].instead_of for name in restricted}
    kept = [check for name, check in baseline.items() if name not in replaced]
    return [*kept, *restricted.values()]


def _of_version(checks: dict[str, _Versions], minor: int) -> dict[str, Check]:
    found = {}
    for name in sorted(checks):
        known = [first for first in checks[name].by_minor if first <= minor]
        if known:
            found[name] = checks[name].by_minor[max(known)]
    return found


def violations(standard: Standard, subject: Subject) -> list[Violation]:
    """What a standard has against a pod, in the order of its checks; empty where it allows it. Linear in the pod."""
    if standard.level == PRIVILEGED:
        return []
    minor = NEWEST if standard.minor is None else min(standard.minor, NEWEST)
    found = (check(subject) for check in _checks(standard.level, minor))
    return [one for one in found if one is not None]
