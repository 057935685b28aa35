"""What pods are held to on a server that is configured: by its defaults where labels say nothing, and not where it exempts."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.apiserver import errors
from drakkar.apiserver.admission.pod_security import PodSecurity, Writer
from drakkar.apiserver.audit_annotations import AuditAnnotations, Level
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.storage.store import Store
from drakkar.pod_security.exempt import Exemptions
from drakkar.pod_security.policy import Policy, Standard

Object = dict[str, Any]
_PREFIX = "pod-security.kubernetes.io/"
_KINDS = registry()
_POD, _NAMESPACE = _KINDS.named("v1", "Pod"), _KINDS.named("v1", "Namespace")
_DEPLOYMENT = _KINDS.named("apps/v1", "Deployment")
_SECURITY = PodSecurity(
    Policy(Standard("baseline"), Standard("restricted"), Standard("baseline", 25)),
    Exemptions(frozenset({"root"}), frozenset({"free"}), frozenset({"sandbox"})),
)
_BAD = {"hostNetwork": True, "containers": [{"name": "c", "image": "i"}]}


async def namespace(store: Store, name: str, **labels: str) -> Object:
    """A namespace that is stored, with labels of pod security."""
    marked = {_PREFIX + key: value for key, value in labels.items()}
    obj = {"metadata": {"name": name, "labels": marked}}
    await store.create(("/namespaces", "", name), obj)
    return obj


async def noted(store: Store, obj: Object, kind: Any = _POD, user: str = "alice") -> tuple[int, Object]:
    """The code of a refusal, or none, and what the audit log has of it."""
    annotations = AuditAnnotations(Level.METADATA)
    code = 0
    try:
        await _SECURITY.examine(kind, obj, None, "", store, Writer(user, annotations))
    except errors.StatusError as refusal:
        code = refusal.code
    return code, {key.removeprefix(_PREFIX): value for key, value in annotations.noted.items()}


def pod(home: str, **spec: Any) -> Object:
    return {"metadata": {"name": "p", "namespace": home}, "spec": {**_BAD, **spec}}


async def test_defaults_hold_where_labels_say_nothing(store: Store) -> None:
    await namespace(store, "plain")
    await namespace(store, "labelled", enforce="privileged", audit="privileged", warn="privileged")
    code, told = await noted(store, pod("plain"))
    assert code == 403 and told["enforce-policy"] == "baseline:latest"
    assert told["audit-violations"].startswith(
        'would violate PodSecurity "restricted:latest": host namespaces'
    )
    assert await noted(store, pod("labelled")) == (0, {"enforce-policy": "privileged:latest"})
    template = {"metadata": {"name": "d", "namespace": "plain"}, "spec": {"template": {"spec": _BAD}}}
    code, told = await noted(store, template, _DEPLOYMENT)
    assert code == 0 and set(told) == {"audit-violations"}


@pytest.mark.parametrize(
    ("obj", "user", "why"),
    [
        (pod("free"), "alice", "namespace"),
        (pod("free"), "root", "namespace"),
        (pod("plain"), "root", "user"),
        (pod("plain", runtimeClassName="sandbox"), "alice", "runtimeClass"),
    ],
)
async def test_who_and_what_is_exempt_is_held_to_nothing(
    store: Store, obj: Object, user: str, why: str
) -> None:
    await namespace(store, "plain")
    await namespace(store, "free")
    assert await noted(store, obj, user=user) == (0, {"exempt": why})


async def test_labels_that_go_for_nothing_are_told(store: Store) -> None:
    labels = {_PREFIX + "enforce": "restricted", _PREFIX + "audit-version": "v1.20"}
    new = {"metadata": {"name": "free", "labels": labels}}
    old = {"metadata": {"name": "free"}}
    said = (
        'namespace "free" is exempt from Pod Security, and the policy (enforce=restricted:latest, '
        "audit=restricted:v1.20) will be ignored"
    )
    for before in (None, old):
        assert await _SECURITY.examine(_NAMESPACE, new, before, "", store, Writer()) == [said]
    assert await _SECURITY.examine(_NAMESPACE, old, None, "", store, Writer()) == []
    private = {"metadata": {"name": "free", "labels": {_PREFIX + "enforce": "privileged"}}}
    assert len(await _SECURITY.examine(_NAMESPACE, private, None, "", store, Writer())) == 1


async def test_pods_that_are_exempt_are_none_to_tell_of(store: Store) -> None:
    old = await namespace(store, "plain", enforce="privileged")
    for name, spec in (("a", {"runtimeClassName": "sandbox"}), ("b", {})):
        obj = pod("plain", **spec)
        obj["metadata"]["name"] = name
        await store.create(("/pods", "plain", name), obj)
    new = {"metadata": {"name": "plain", "labels": {}}}
    told = await _SECURITY.examine(_NAMESPACE, new, old, "", store, Writer())
    assert told[1:] == ["b: host namespaces"]


async def test_bad_labels_from_before_are_told(store: Store) -> None:
    await namespace(store, "odd", enforce="none", warn="privileged", audit="privileged")
    _, told = await noted(store, pod("odd"))
    assert told["error"].startswith(
        f"Failed to parse policy: metadata.labels[{_PREFIX}enforce]: Invalid value"
    )
    assert told["enforce-policy"] == "restricted:latest"
