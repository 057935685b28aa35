"""What a container's process may do: its user and groups, its capabilities, and whether it may gain more.

A plan holds `user`, `group` (None leaves ours) and `groups`, `capabilities` (numbers; None leaves ours) and
`no_new_privileges`.
"""

from __future__ import annotations

import os
from typing import Any

from drakkar.kubelet.host import syscalls

NAMES = (
    *("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP"),
    *("LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK"),
    *("IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN"),
    *("SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE"),
    *("AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND"),
    *("AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE"),
)
# Less than other runtimes give: a container here shares the host's network, and no device cgroup stands behind MKNOD.
DEFAULT = frozenset(
    {
        *("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP"),
        *("NET_BIND_SERVICE", "SYS_CHROOT", "AUDIT_WRITE", "SETFCAP"),
    }
)
# With these a process undoes the mounts that hide the cluster's files, where its user namespace owns them.
UNDOING = frozenset({"SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "SYS_RAWIO", "DAC_READ_SEARCH"})


def take_on(plan: dict[str, Any]) -> None:
    """Become what the plan says, for good."""
    if plan["capabilities"] is not None:
        syscalls.bound_capabilities(set(plan["capabilities"]))
        syscalls.inherit_nothing()
    if plan["no_new_privileges"]:
        syscalls.no_new_privileges()
    if plan["mode"] == "user":
        # The namespace has one user and one group, who are the container's already.
        return
    if plan["group"] is not None:
        os.setgroups(plan["groups"])
        os.setresgid(plan["group"], plan["group"], plan["group"])
    if plan["user"] is not None:
        os.setresuid(plan["user"], plan["user"], plan["user"])
