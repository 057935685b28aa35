"""What the security contexts of a pod and its container ask for, as a runtime takes it."""

from __future__ import annotations

from typing import TypeVar

from drakkar.api import run_pod
from drakkar.api.run_pod import RunContainer, RunPod
from drakkar.kubelet.runtime.security import Profile, SecurityRequest

_T = TypeVar("_T")


def asked_of(pod: RunPod, container: RunContainer) -> SecurityRequest:
    """What the container says goes before what its pod says."""
    spec, own, whole = pod.spec, container.security_context, pod.spec.security_context
    return SecurityRequest(
        pod_uid=pod.metadata.uid,
        namespace=pod.metadata.namespace,
        pod_name=pod.metadata.name,
        container=container.name,
        user=_first(own.run_as_user, whole.run_as_user),
        group=_first(own.run_as_group, whole.run_as_group),
        non_root=bool(_first(own.run_as_non_root, whole.run_as_non_root)),
        fs_group=whole.fs_group,
        supplemental_groups=whole.supplemental_groups,
        privileged=bool(own.privileged),
        no_new_privileges=own.allow_privilege_escalation is False,
        read_only_root=bool(own.read_only_root_filesystem),
        capabilities_added=_names(own.capabilities.add),
        capabilities_dropped=_names(own.capabilities.drop),
        unmasked=own.proc_mount == "Unmasked",
        seccomp=_profile(_first(own.seccomp_profile, whole.seccomp_profile)),
        apparmor=_profile(_first(own.app_armor_profile, whole.app_armor_profile)),
        selinux=_first(own.se_linux_options, whole.se_linux_options) or {},
        sysctls={str(one.get("name")): str(one.get("value")) for one in whole.sysctls},
        host_processes=spec.host_pid,
        shared_processes=spec.share_process_namespace,
        own_users=spec.host_users is False,
        runtime_class=spec.runtime_class_name,
    )


def _first(own: _T | None, whole: _T | None) -> _T | None:
    return whole if own is None else own


def _names(capabilities: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.upper().removeprefix("CAP_") for name in capabilities)


def _profile(profile: run_pod.Profile | None) -> Profile:
    return Profile() if profile is None else Profile(profile.type, profile.localhost_profile)
