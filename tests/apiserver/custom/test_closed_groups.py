"""Definitions in Kubernetes' own groups are kept and serve nothing; what is stored of Kubernetes' own kinds is theirs alone.
And whatever is stored of definitions and roles, one that cannot be read costs only itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.access.rbac import Rbac
from drakkar.apiserver.http.app import build_app
from drakkar.apiserver.kinds.built_in import KINDS, registry
from drakkar.apiserver.kinds.custom_kinds import kinds
from drakkar.apiserver.resources.rest import Rest
from drakkar.client import NotFoundError
from drakkar.testing import MemoryApi
from drakkar.testing.open_gate import OpenGate

from .samples import DEFINITIONS, GROUP, THINGS, define, definition, thing, version

Object = dict[str, Any]
OWN = sorted({kind.group for kind in KINDS if kind.group.endswith(".k8s.io")})
APPROVED = {"api-approved.kubernetes.io": "https://a.example/1"}
ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
ROLE: Object = {
    "metadata": {"name": "reader"},
    "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
}
ODD: list[Object] = [
    {},
    {"spec": 5},
    {"spec": {"group": 5, "names": 3, "versions": 7}, "status": 1},
    {"spec": {"group": GROUP, "names": {"plural": "odds", "kind": "Odd"}, "versions": [5]}},
    {"spec": {"group": [], "names": {"plural": {}, "kind": []}, "versions": {}}, "status": {"conditions": 5}},
]


@pytest.fixture
async def api() -> AsyncIterator[MemoryApi]:
    made = MemoryApi()
    yield made
    await made.aclose()


def of_group(group: str, plural: str = "things", kind: str = "Thing", name: str = "v7") -> Object:
    """A definition in one of Kubernetes' own groups."""
    made = definition(version(name, spec={"type": "object"}), plural=plural, kind=kind, group=group)
    made["metadata"] = {"name": f"{plural}.{group}", "annotations": APPROVED}
    return made


def conditions(obj: Object) -> dict[str, str]:
    """The conditions of a definition."""
    return {one["type"]: one["status"] for one in obj["status"].get("conditions") or ()}


@pytest.mark.parametrize("group", [*OWN, "certificates.k8s.io", "flowcontrol.apiserver.k8s.io"])
async def test_no_custom_kind_is_served_in_a_group_of_kubernetes_own(api: MemoryApi, group: str) -> None:
    await api.request("POST", DEFINITIONS, json=of_group(group))
    kept = await api.request("GET", f"{DEFINITIONS}/things.{group}")
    assert conditions(kept)["Established"] == "True"
    for path in (
        f"/apis/{group}/v7",
        f"/apis/{group}/v7/things",
        f"/apis/{group}/v7/namespaces/default/things",
    ):
        with pytest.raises(NotFoundError):
            await api.request("GET", path)
    obj = {**thing(), "apiVersion": f"{group}/v7"}
    with pytest.raises(NotFoundError):
        await api.request("POST", f"/apis/{group}/v7/namespaces/default/things", json=obj)
    await api.request("DELETE", f"{DEFINITIONS}/things.{group}")
    with pytest.raises(NotFoundError):
        await api.request("GET", f"{DEFINITIONS}/things.{group}")


async def test_objects_of_a_kind_of_kubernetes_own_stay_as_they_are(api: MemoryApi) -> None:
    made = await api.request("POST", ROLES, json=ROLE)
    other = of_group("rbac.authorization.k8s.io", "clusterroles", "Foo")
    await api.request("POST", DEFINITIONS, json=other)
    assert await api.request("GET", f"{ROLES}/reader") == made
    late = await api.request("POST", ROLES, json={**ROLE, "metadata": {"name": "late"}})
    assert (late["kind"], late["apiVersion"]) == ("ClusterRole", "rbac.authorization.k8s.io/v1")
    await api.request("DELETE", f"{DEFINITIONS}/clusterroles.rbac.authorization.k8s.io")
    assert await api.request("GET", f"{ROLES}/reader") == made


def test_no_custom_kind_has_the_place_of_another_in_the_store() -> None:
    served = registry()
    for own in KINDS:
        if "." not in own.group:
            continue
        made = of_group(own.group, own.plural, own.kind)
        made["spec"]["names"] |= {"singular": "thing", "listKind": "ThingList"}
        made["status"] = {
            "acceptedNames": made["spec"]["names"],
            "conditions": [{"type": "NamesAccepted", "status": "True"}],
        }
        served.change((), kinds(made))
        assert served.at(own.group, "v7", own.plural) is None
    assert all(served.stored(own.resource).form is None for own in KINDS if own.stored)
    with pytest.raises(ValueError, match="closed"):
        served.add(kinds(made)[0])


@pytest.mark.parametrize("odd", ODD)
async def test_a_definition_that_cannot_be_read_costs_only_itself(api: MemoryApi, odd: Object) -> None:
    await define(api)
    api.put("customresourcedefinitions", {"metadata": {"name": f"odds.{GROUP}"}, **odd})
    await api.request("POST", THINGS, json=thing())
    await api.request("POST", DEFINITIONS, json=definition(plural="others", kind="Other"))
    assert (await api.request("GET", f"/apis/{GROUP}/v1/namespaces/default/others"))["items"] == []
    await api.request("DELETE", f"{DEFINITIONS}/others.{GROUP}")
    # A server that starts with it serves the others.
    client = TestClient(build_app(Rest(api.store, registry()), OpenGate()))
    assert len(client.get(THINGS).json()["items"]) == 1


@pytest.mark.parametrize("rules", [5, [5], [{"verbs": 7}], [{"verbs": [[]], "resources": {}}], {"a": 1}])
@pytest.mark.parametrize("subjects", [5, [5], [{"kind": "User", "name": []}]])
def test_a_role_or_binding_that_cannot_be_read_costs_only_itself(rules: Any, subjects: Any) -> None:
    good = {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}
    alice, reference = [{"kind": "User", "name": "alice"}], {"kind": "ClusterRole", "name": "good"}
    roles = {"good": good, "odd": {"rules": rules}}
    bindings: list[Object] = [
        {"metadata": {"name": "a"}, "subjects": alice, "roleRef": {"kind": "ClusterRole", "name": "odd"}},
        {"metadata": {"name": "b"}, "subjects": subjects, "roleRef": reference},
        {"metadata": {"name": "c"}, "subjects": alice, "roleRef": 5},
        {"metadata": {"name": "d"}, "subjects": alice, "roleRef": {"kind": [], "name": {}}},
        {"metadata": {"name": "e"}, "subjects": alice, "roleRef": reference},
    ]
    rbac = Rbac(
        lambda resource, namespace: bindings if resource == "clusterrolebindings" else [],
        lambda resource, namespace, name: roles.get(name),
    )
    assert rbac.decide("alice", (), Attributes("get", "", "pods"))[0]
    assert not rbac.decide("alice", (), Attributes("list", "", "pods"))[0]
    assert not rbac.decide("bob", (), Attributes("get", "", "pods"))[0]
    assert [rule["verbs"] for rule in rbac.bound("alice", (), "").rules] == [["get"]]
