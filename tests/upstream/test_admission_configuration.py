"""A file that configures admission: pods and quotas under it are judged as the original judges them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from drakkar.apiserver.admission.configuration import configured

from .two_servers import Answer, Asked, ask_both, both, make_on_both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_CONFIG = """
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults: {enforce: baseline, enforce-version: v1.30, audit: restricted, warn: restricted}
    exemptions: {usernames: [exempt], namespaces: [free], runtimeClasses: [sandbox]}
- name: ResourceQuota
  path: quota.yaml
"""
_QUOTA = """
apiVersion: apiserver.config.k8s.io/v1
kind: ResourceQuotaConfiguration
limitedResources:
- resource: pods
  matchContains: [cpu]
  matchScopes: [{scopeName: PriorityClass, operator: In, values: [limited]}]
- resource: services
  matchContains: [loadbalancers]
- resource: persistentvolumeclaims
  matchContains: [gold.storageclass.storage.k8s.io]
- apiGroup: apps
  resource: deployments
  matchContains: [count/]
- apiGroup: resource.k8s.io
  resource: resourceclaims
  matchContains: [.deviceclass.resource.k8s.io/devices]
"""
_PATIENCE = 300
_PAUSE_S = 0.1
_VARIES = re.compile(r"(?<=kube-api-access-)\w{5}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HOMES = ("plain", "free", "loose", "counted", "selected")
_MERGE = "application/merge-patch+json"


class _Ask(NamedTuple):
    verb: str
    path: str
    body: Object
    media: str = "application/json"
    user: str = ""


def _labels(home: str) -> Object:
    if home != "loose":
        return {}
    return {f"pod-security.kubernetes.io/{mode}": "privileged" for mode in ("enforce", "audit", "warn")}


def _furniture() -> Iterator[tuple[str, Object]]:
    for home in _HOMES:
        yield "/api/v1/namespaces", {"metadata": {"name": home, "labels": _labels(home)}}
        yield f"/api/v1/namespaces/{home}/serviceaccounts", {"metadata": {"name": "default"}}
    yield "/apis/node.k8s.io/v1/runtimeclasses", {"metadata": {"name": "sandbox"}, "handler": "x"}
    yield "/apis/scheduling.k8s.io/v1/priorityclasses", {"metadata": {"name": "limited"}, "value": 5}
    yield "/apis/resource.k8s.io/v1/deviceclasses", {"metadata": {"name": "gpu"}, "spec": {}}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    subjects = [{"kind": "User", "name": name} for name in ("exempt", "other")]
    yield (
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        {"metadata": {"name": "both"}, "roleRef": role, "subjects": subjects},
    )


_HARD = {
    "cpu": "9",
    "requests.cpu": "9",
    "limits.cpu": "9",
    "services.loadbalancers": "1",
    "gold.storageclass.storage.k8s.io/requests.storage": "5Gi",
    "gold.storageclass.storage.k8s.io/persistentvolumeclaims": "5",
    "count/deployments.apps": "5",
    "gpu.deviceclass.resource.k8s.io/devices": "5",
}


async def _count(servers: tuple[Asked, Asked]) -> None:
    """Quotas, with the status that a controller would give them."""
    selector = {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "Exists"}]}
    for home, spec in (
        ("counted", {"hard": _HARD}),
        ("selected", {"hard": {"pods": "5", "requests.cpu": "5"}, "scopeSelector": selector}),
    ):
        path = f"/api/v1/namespaces/{home}/resourcequotas"
        obj = {"metadata": {"name": "q"}, "spec": spec}
        await make_on_both(servers, path, obj)
        used = dict.fromkeys(spec["hard"], "0")
        status = {"status": {"hard": spec["hard"], "used": used}}
        answers = await ask_both(servers, "PATCH", f"{path}/q/status", status, _MERGE)
        assert [one.code for one in answers] == [200, 200]


def _pod(name: str, resources: Object | None = None, **spec: Any) -> Object:
    container = {"name": "c", "image": "i", "resources": resources or {}}
    return {"metadata": {"name": name}, "spec": {"containers": [container], **spec}}


def _asks(home: str) -> Iterator[_Ask]:
    path = f"/api/v1/namespaces/{home}"
    cpu = {"requests": {"cpu": "1"}}
    pods = {
        "good": _pod("good"),
        "host": _pod("host", hostNetwork=True),
        "cpu": _pod("cpu", cpu),
        "limits": _pod("limits", {**cpu, "limits": {"cpu": "2"}}),
        "zero": _pod("zero", {"requests": {"cpu": "0"}}),
        "limited": _pod("limited", priorityClassName="limited"),
        "limited-cpu": _pod("limited-cpu", cpu, priorityClassName="limited"),
        "sandbox": _pod("sandbox", hostNetwork=True, runtimeClassName="sandbox"),
    }
    for name, obj in pods.items():
        for user in ("", "exempt", "other"):
            yield _Ask("POST", f"{path}/pods?dryRun=All", obj, user=user)
        yield _Ask("POST", f"{path}/pods", obj)
        image = {"spec": {"containers": [{"name": "c", "image": "j"}]}}
        yield _Ask("PATCH", f"{path}/pods/{name}", image, "application/strategic-merge-patch+json")
    for at, kind in enumerate(("ClusterIP", "LoadBalancer", "LoadBalancer")):
        spec = {"type": kind, "ports": [{"port": 80}]}
        yield _Ask("POST", f"{path}/services", {"metadata": {"name": f"s-{at}"}, "spec": spec})
    for name, storage_class in (("gold", "gold"), ("other", "other")):
        spec = {
            "storageClassName": storage_class,
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        }
        yield _Ask("POST", f"{path}/persistentvolumeclaims", {"metadata": {"name": name}, "spec": spec})
    for name, spec in (("d", pods["host"]["spec"]), ("e", pods["sandbox"]["spec"])):
        template = {"metadata": {"labels": {"a": "b"}}, "spec": spec}
        body = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
        where = f"/apis/apps/v1/namespaces/{home}/deployments"
        yield _Ask("POST", where, {"metadata": {"name": name}, "spec": body})
    request = {"name": "r", "exactly": {"deviceClassName": "gpu"}}
    claim = {"metadata": {"name": "c"}, "spec": {"devices": {"requests": [request]}}}
    yield _Ask("POST", f"/apis/resource.k8s.io/v1/namespaces/{home}/resourceclaims", claim)
    for labels in (
        {"enforce": "restricted"},
        {"enforce": None, "warn": "baseline", "audit-version": "v1.20"},
        {"enforce": "privileged", "enforce-version": "v1.20"},
    ):
        marked = {f"pod-security.kubernetes.io/{key}": value for key, value in labels.items()}
        yield _Ask("PATCH", path, {"metadata": {"labels": marked}}, _MERGE)
        yield _Ask("POST", f"{path}/pods?dryRun=All", _pod("again", hostNetwork=True))


async def _seen(servers: tuple[Asked, Asked]) -> None:
    """Return when both know of the quotas, which the original sees a moment later."""
    limited = {"metadata": {"name": "probe"}, "spec": {"priorityClassName": "limited"}}
    limited["spec"]["containers"] = _pod("probe", {"requests": {"cpu": "1"}})["spec"]["containers"]
    for home, obj in (
        ("counted", _pod("probe", {"requests": {"cpu": "1"}, "limits": {"cpu": "1"}})),
        ("selected", limited),
    ):
        for _ in range(_PATIENCE):
            answers = await ask_both(servers, "POST", f"/api/v1/namespaces/{home}/pods?dryRun=All", obj)
            # A pod of that class lacks what the other quota has, which is not said before this one is known.
            if all(one.code == 201 or one.body["message"].endswith("to consume: cpu") for one in answers):
                break
            await asyncio.sleep(_PAUSE_S)
        else:
            raise AssertionError(answers)


def _said(answer: Answer) -> Object:
    warnings = sorted(one for one in answer.warnings if "known-gaps.md" not in one)
    said: Object = {"code": answer.code, "reason": answer.reason, "warnings": warnings}
    if answer.code >= 400:
        said["message"] = _VARIES.sub("*", answer.body.get("message", ""))
        said["details"] = answer.body.get("details")
    return said


async def _compared(directory: Path, programs: tuple[Path, Path]) -> tuple[int, list[str]]:
    path = directory / "config.yaml"
    path.write_text(_CONFIG)
    (directory / "quota.yaml").write_text(_QUOTA)
    flags = (f"--admission-control-config-file={path}",)
    mine = {"admission": configured(path, (), ())}
    count, found = 0, []
    async with both(directory, *programs, flags, mine) as servers:
        for where, obj in _furniture():
            await make_on_both(servers, where, obj)
        await _count(servers)
        await _seen(servers)
        for home in _HOMES:
            for one in _asks(home):
                headers = {"Impersonate-User": one.user} if one.user else {}
                answers = await ask_both(servers, *one[:4], more=headers)
                theirs, mine_said = map(_said, answers)
                for _ in range(_PATIENCE if one.path.endswith("dryRun=All") else 0):
                    # The original sees a namespace's labels a moment after they were changed.
                    if theirs == mine_said:
                        break
                    await asyncio.sleep(_PAUSE_S)
                    answers = await ask_both(servers, *one[:4], more=headers)
                    theirs, mine_said = map(_said, answers)
                count += 1
                if theirs != mine_said:
                    what = f"{home}: {one.verb} {one.path} {one.user} {str(one.body)[:100]}"
                    found.append(f"{what}\n    theirs {theirs}\n    ours   {mine_said}")
    return count, found


def test_what_is_configured(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    count, found = asyncio.run(_compared(tmp_path, (apiserver_137, etcd)))
    assert not found, f"{len(found)} differences in {count} answers\n" + "\n".join(found)
    assert count >= 250
