"""Which kernel parameters a pod may set: those of its own namespaces that harm nobody else, and there came to be more of them."""

from __future__ import annotations

from collections.abc import Callable

from drakkar.api.or_empty import objects, text
from drakkar.pod_security.subject import Subject
from drakkar.pod_security.violation import Violation, listed

# By the minor version that first allowed them.
_ALLOWED: dict[int, tuple[str, ...]] = {
    0: (
        "kernel.shm_rmid_forced",
        *("net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies"),
        *("net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start"),
    ),
    27: ("net.ipv4.ip_local_reserved_ports",),
    29: (
        *("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout"),
        *("net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes"),
    ),
    32: ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
    37: ("net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat"),
}


def _allowing(names: frozenset[str]) -> Callable[[Subject], Violation | None]:
    def sysctls(subject: Subject) -> Violation | None:
        given = [text(one.get("name")) for one in objects(subject.security.get("sysctls"))]
        forbidden = [name for name in given if name not in names]
        return Violation("forbidden sysctls", listed(forbidden)) if forbidden else None

    return sysctls


SYSCTLS = {
    first: _allowing(frozenset(name for since, names in _ALLOWED.items() if since <= first for name in names))
    for first in _ALLOWED
}
"""The check as each minor version has it that changed it."""
