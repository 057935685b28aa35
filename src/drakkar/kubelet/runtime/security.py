"""What a container may do, as its pod asks for it: the security contexts of both put together, the container's first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from drakkar.api.object import Uid


@dataclass(frozen=True, slots=True)
class Profile:
    """Of seccomp or AppArmor: `type` is "RuntimeDefault", "Localhost", "Unconfined", or "" for no word about it."""

    type: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class SecurityRequest:
    """None, "" and nothing mean that nobody has said so. Capabilities go by their names without CAP_, in upper case."""

    pod_uid: Uid
    namespace: str
    pod_name: str
    container: str
    user: int | None = None
    group: int | None = None
    non_root: bool = False
    fs_group: int | None = None
    supplemental_groups: tuple[int, ...] = ()
    privileged: bool = False
    no_new_privileges: bool = False
    read_only_root: bool = False
    capabilities_added: frozenset[str] = frozenset()
    capabilities_dropped: frozenset[str] = frozenset()
    unmasked: bool = False
    seccomp: Profile = Profile()
    apparmor: Profile = Profile()
    selinux: Mapping[str, str] = field(default_factory=dict)
    # Names and values of kernel settings.
    sysctls: Mapping[str, str] = field(default_factory=dict)
    # The pod's namespaces and its runtime.
    host_processes: bool = False
    shared_processes: bool = False
    own_users: bool = False
    runtime_class: str = ""

    @property
    def groups(self) -> tuple[int, ...]:
        """Those beside its own."""
        return (*(() if self.fs_group is None else (self.fs_group,)), *self.supplemental_groups)

    @property
    def where(self) -> str:
        """For messages: whose it is."""
        pod = f"{self.pod_name}_{self.namespace}({self.pod_uid})"
        return f'(pod: "{pod}", container: {self.container})'
