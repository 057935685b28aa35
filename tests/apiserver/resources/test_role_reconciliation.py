"""What a start does to the roles and bindings of the server: it adds what is missing and takes nothing away."""

from __future__ import annotations

from typing import Any

from drakkar.apiserver.access import system_roles
from drakkar.apiserver.http.server import plant
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.store import Store

GROUP = "rbac.authorization.k8s.io"
ROLES, BINDINGS = (registry().at(GROUP, "v1", plural) for plural in ("clusterroles", "clusterrolebindings"))
EXTRA = {"apiGroups": ["x"], "resources": ["y"], "verbs": ["get"]}


def _get(store: Store, plural: str, name: str) -> dict[str, Any]:
    found = store.get((f"{GROUP}/{plural}", "", name))
    assert found is not None
    return found


async def _change(store: Store, kind: Any, name: str, **parts: Any) -> None:
    def change(old: dict[str, Any]) -> dict[str, Any]:
        meta = {**old["metadata"], **parts.get("metadata", {})}
        return {**old, **parts, "metadata": meta}

    await Rest(store, registry()).change(kind, "", name, change)


async def test_what_is_missing_comes_back_and_what_was_added_stays(store: Store) -> None:
    await plant(Rest(store, registry()), 6443)
    before = _get(store, "clusterroles", "system:kube-scheduler")["rules"]
    await _change(store, ROLES, "system:kube-scheduler", rules=[*before[2:], EXTRA])
    await _change(store, BINDINGS, "system:discovery", subjects=[])
    await _change(store, ROLES, "view", aggregationRule=None)
    await plant(Rest(store, registry()), 6443)
    after = _get(store, "clusterroles", "system:kube-scheduler")["rules"]
    assert EXTRA in after and len(after) > len(before)
    assert (
        _get(store, "clusterrolebindings", "system:discovery")["subjects"][0]["name"]
        == "system:authenticated"
    )
    assert _get(store, "clusterroles", "view")["aggregationRule"]["clusterRoleSelectors"]


async def test_a_role_that_says_so_is_left_alone(store: Store) -> None:
    await plant(Rest(store, registry()), 6443)
    for kind, name, parts in (
        (ROLES, "system:kube-scheduler", {"rules": [EXTRA]}),
        (BINDINGS, "system:discovery", {"subjects": []}),
    ):
        mine = {"annotations": {system_roles.AUTOUPDATE: "false"}}
        await _change(store, kind, name, metadata=mine, **parts)
    await plant(Rest(store, registry()), 6443)
    assert _get(store, "clusterroles", "system:kube-scheduler")["rules"] == [EXTRA]
    assert not _get(store, "clusterrolebindings", "system:discovery").get("subjects")


async def test_a_binding_to_another_role_is_made_anew(store: Store) -> None:
    await plant(Rest(store, registry()), 6443)
    held = _get(store, "clusterrolebindings", "system:discovery")
    key = (f"{GROUP}/clusterrolebindings", "", "system:discovery")
    other = {**held, "roleRef": {**held["roleRef"], "name": "cluster-admin"}}
    await store.update(key, other, held["metadata"]["resourceVersion"])
    await plant(Rest(store, registry()), 6443)
    assert _get(store, "clusterrolebindings", "system:discovery")["roleRef"]["name"] == "system:discovery"


async def test_a_second_start_writes_nothing(store: Store) -> None:
    await plant(Rest(store, registry()), 6443)
    revision = store.revision
    await plant(Rest(store, registry()), 6443)
    assert store.revision == revision
