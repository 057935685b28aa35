"""The table of docs/process-runtime.md: each field of a security context is applied, refused or told."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from kubelet.fake_api import pod

from drakkar.api.resource import decode
from drakkar.api.run_pod import RunPod
from drakkar.kubelet.pods.security import asked_of
from drakkar.kubelet.runtime.container import Restrictions
from drakkar.kubelet.runtime.errors import NotPermittedError
from drakkar.kubelet.runtime.process import privileges
from drakkar.kubelet.runtime.process.mounts import Isolation
from drakkar.kubelet.runtime.process.security_context import restrictions

MOUNT, USER, NONE = (
    Isolation("mount", own_processes=True),
    Isolation("user", own_processes=True),
    Isolation("none"),
)
EVERY = (MOUNT, USER, NONE)
TABLE = Path(__file__).parents[4] / "docs" / "process-runtime.md"


def held(
    isolation: Isolation,
    container: dict[str, Any] | None = None,
    whole: dict[str, Any] | None = None,
    root: bool = True,
    **spec: Any,
) -> Restrictions:
    made = pod(securityContext=whole or {}, **spec)
    made["spec"]["containers"][0]["securityContext"] = container or {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: 0 if root else 1000)
        found = decode(RunPod, made)
        return restrictions(asked_of(found, found.spec.containers[0]), isolation)


def names(found: Restrictions) -> set[str]:
    assert found.capabilities is not None
    return {privileges.NAMES[number] for number in found.capabilities}


def test_user_and_groups_are_applied_and_the_container_wins() -> None:
    whole = {"runAsUser": 1, "runAsGroup": 2, "fsGroup": 3, "supplementalGroups": [4, 5]}
    found = held(MOUNT, {"runAsUser": 7}, whole)
    assert (found.user, found.group, found.groups, found.not_given) == (7, 2, (3, 4, 5), ())
    # Without a word it is root and no other group, as for an image that names no user.
    assert (held(MOUNT).user, held(MOUNT).group, held(MOUNT).groups) == (0, 0, ())


def test_what_an_ordinary_user_cannot_apply_is_told() -> None:
    whole = {"runAsUser": 1, "runAsGroup": 2, "fsGroup": 3, "supplementalGroups": [4]}
    told = held(USER, {}, whole, root=False)
    assert (told.user, told.group) == (1, 2)
    assert [text.partition(":")[0] for text in told.not_given] == ["supplementalGroups", "fsGroup"]
    told = held(NONE, {}, whole, root=False)
    assert (told.user, told.group) == (None, None)
    fields = ["supplementalGroups", "fsGroup", "runAsUser", "runAsGroup"]
    assert [text.partition(":")[0] for text in told.not_given] == fields


@pytest.mark.parametrize("isolation", EVERY)
def test_run_as_non_root(isolation: Isolation) -> None:
    where = r' \(pod: "p_ns\(uid-p\)", container: c\)$'
    for container, whole in (({"runAsNonRoot": True}, {}), ({}, {"runAsNonRoot": True})):
        with pytest.raises(
            NotPermittedError, match="^container has runAsNonRoot and image will run as root" + where
        ):
            held(isolation, container, whole)
    with pytest.raises(NotPermittedError, match="^container's runAsUser breaks non-root policy" + where):
        held(isolation, {"runAsNonRoot": True}, {"runAsUser": 0})
    assert held(isolation, {"runAsNonRoot": True}, {"runAsUser": 5}).user == 5
    assert held(isolation, {"runAsNonRoot": False}, {"runAsNonRoot": True}).user == 0


def test_an_ordinary_user_is_not_root_where_nobody_says_so() -> None:
    assert held(NONE, {"runAsNonRoot": True}, root=False).user is None


def test_capabilities() -> None:
    assert names(held(MOUNT)) == set(privileges.DEFAULT)
    asked = {"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE", "CAP_SYS_TIME"]}}
    assert names(held(MOUNT, asked)) == {"NET_BIND_SERVICE", "SYS_TIME"}
    assert names(held(MOUNT, {"capabilities": {"drop": ["chown"]}})) == set(privileges.DEFAULT) - {"CHOWN"}
    assert names(held(MOUNT, {"capabilities": {"add": ["ALL"]}})) == set(privileges.NAMES)
    with pytest.raises(NotPermittedError, match="unknown capability FLY"):
        held(MOUNT, {"capabilities": {"add": ["FLY"]}})
    # In a user namespace these would take away what hides the cluster's files.
    asked = {"capabilities": {"add": ["SYS_ADMIN", "SYS_TIME"]}}
    assert names(held(USER, asked, root=False)) == set(privileges.DEFAULT) | {"SYS_TIME"}
    assert held(USER, asked, root=False).not_given == ("capabilities: SYS_ADMIN not given",)
    assert held(NONE, asked, root=False).not_given == (
        "capabilities: none given, the node runs as an ordinary user",
    )
    assert held(NONE, root=False).capabilities is None


def test_privileged() -> None:
    found = held(MOUNT, {"privileged": True})
    assert found.capabilities is None and found.host_devices and found.unmasked
    found = held(USER, {"privileged": True}, root=False)
    assert names(found) == set(privileges.NAMES) - privileges.UNDOING and found.host_devices
    assert not held(MOUNT).host_devices and not held(MOUNT).unmasked


def test_no_new_privileges_and_proc() -> None:
    assert held(MOUNT, {"allowPrivilegeEscalation": False}).no_new_privileges
    assert not held(MOUNT, {"allowPrivilegeEscalation": True}).no_new_privileges
    assert not held(MOUNT).no_new_privileges
    assert held(MOUNT, {"procMount": "Unmasked"}).unmasked


def test_read_only_root_is_applied_or_refused() -> None:
    assert held(MOUNT, {"readOnlyRootFilesystem": True}).read_only_root
    assert held(USER, {"readOnlyRootFilesystem": True}, root=False).read_only_root
    with pytest.raises(NotPermittedError, match="readOnlyRootFilesystem needs mount namespaces"):
        held(NONE, {"readOnlyRootFilesystem": True})


@pytest.mark.parametrize("isolation", EVERY)
@pytest.mark.parametrize(("name", "called"), [("seccompProfile", "seccomp"), ("appArmorProfile", "AppArmor")])
def test_profiles_are_told_or_refused(isolation: Isolation, name: str, called: str) -> None:
    for container, whole in (
        ({name: {"type": "RuntimeDefault"}}, {}),
        ({}, {name: {"type": "RuntimeDefault"}}),
    ):
        assert f"{name}: no {called} profile is applied" in held(isolation, container, whole).not_given
    assert not held(MOUNT, {name: {"type": "Unconfined"}}).not_given
    with pytest.raises(NotPermittedError, match=f'{called} profile "mine" cannot be applied'):
        held(isolation, {name: {"type": "Localhost", "localhostProfile": "mine"}})


@pytest.mark.parametrize("isolation", EVERY)
def test_the_rest_is_told_or_refused(isolation: Isolation) -> None:
    told = held(isolation, {"seLinuxOptions": {"level": "s0"}}, {"sysctls": [{"name": "a", "value": "b"}]})
    assert [text.partition(":")[0] for text in told.not_given] == ["seLinuxOptions", "sysctls"]
    told = held(isolation, shareProcessNamespace=True)
    assert [text.partition(":")[0] for text in told.not_given] == ["shareProcessNamespace"]
    with pytest.raises(NotPermittedError, match='RuntimeClass "gvisor"'):
        held(isolation, runtimeClassName="gvisor")


def test_a_user_namespace_of_the_pods_own_is_there_or_refused() -> None:
    held(USER, root=False, hostUsers=False)
    for isolation in (MOUNT, NONE):
        with pytest.raises(NotPermittedError, match="hostUsers: false"):
            held(isolation, hostUsers=False)


def test_processes_of_its_own() -> None:
    assert held(MOUNT).own_processes and not held(MOUNT, hostPID=True).own_processes
    without = held(Isolation("mount"))
    assert not without.own_processes and without.not_given == (
        "processes of its own: not to be had on this node, the host's are seen",
    )


def test_the_table_has_a_row_for_each_field() -> None:
    fields = {
        *("runAsUser", "runAsGroup", "runAsNonRoot", "supplementalGroups", "fsGroup", "privileged"),
        *("allowPrivilegeEscalation", "capabilities", "readOnlyRootFilesystem", "seccompProfile"),
        *("appArmorProfile", "seLinuxOptions", "procMount", "sysctls", "hostUsers", "hostPID"),
        *("hostNetwork", "hostIPC", "shareProcessNamespace", "runtimeClassName", "windowsOptions"),
        *("supplementalGroupsPolicy", "fsGroupChangePolicy", "seLinuxChangePolicy"),
    }
    rows = set(
        re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.+?) \|", TABLE.read_text(), re.MULTILINE)))
    )
    assert fields <= rows
