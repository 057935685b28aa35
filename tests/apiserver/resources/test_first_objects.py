"""What a start does to the objects that the server makes of itself."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.http.server import plant
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.resources import upkeep
from drakkar.apiserver.resources.flow_objects import AUTOUPDATE
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.store import Store

GROUP = "flowcontrol.apiserver.k8s.io"


def _kind(group: str, plural: str) -> Kind:
    found = registry().at(group, "v1", plural)
    assert found is not None
    return found


SCHEMAS = _kind(GROUP, "flowschemas")
SERVICES = _kind("apiregistration.k8s.io", "apiservices")
RANGES = _kind("networking.k8s.io", "servicecidrs")


async def _change(rest: Rest, kind: Kind, name: str, spec: dict[str, Any], **meta: Any) -> None:
    def change(old: dict[str, Any]) -> dict[str, Any]:
        return {**old, "metadata": {**old["metadata"], **meta}, "spec": {**old["spec"], **spec}}

    await rest.change(kind, "", name, change)


async def test_they_are_there_and_say_that_they_work(store: Store) -> None:
    rest = Rest(store, registry())
    await plant(rest, 6443)
    conditions = {
        kind.kind: (await rest.get(kind, "", name))["status"]["conditions"][0]
        for kind, name in ((SCHEMAS, "probes"), (SERVICES, "v1.apps"), (RANGES, "kubernetes"))
    }
    assert {kind: (one["type"], one["status"]) for kind, one in conditions.items()} == {
        "FlowSchema": ("Dangling", "False"),
        "APIService": ("Available", "True"),
        "ServiceCIDR": ("Ready", "True"),
    }
    # The group of APIServices has none itself.
    served = {f"{version}.{group}" for group, versions in registry().groups().items() for version in versions}
    named = {obj["metadata"]["name"] for obj in store.list(SERVICES.resource)}
    assert named == served - {"v1.apiregistration.k8s.io"}


async def test_what_is_the_servers_is_as_it_wants_it(store: Store) -> None:
    rest = Rest(store, registry())
    await plant(rest, 6443)
    await _change(rest, SCHEMAS, "probes", {"matchingPrecedence": 7})
    mine = {"annotations": {AUTOUPDATE: "false"}}
    await _change(rest, SCHEMAS, "service-accounts", {"matchingPrecedence": 8}, **mine)
    await _change(rest, SERVICES, "v1.apps", {"versionPriority": 9})
    await _change(rest, SERVICES, "v1.batch", {"versionPriority": 9}, labels={})
    await plant(rest, 6443)
    assert (await rest.get(SCHEMAS, "", "probes"))["spec"]["matchingPrecedence"] == 2
    assert (await rest.get(SCHEMAS, "", "service-accounts"))["spec"]["matchingPrecedence"] == 8
    assert (await rest.get(SERVICES, "", "v1.apps"))["spec"]["versionPriority"] == 15
    assert (await rest.get(SERVICES, "", "v1.batch"))["spec"]["versionPriority"] == 9


async def test_what_must_be_is_not_changed(store: Store) -> None:
    rest = Rest(store, registry())
    await plant(rest, 6443)
    with pytest.raises(StatusError) as refused:
        await _change(rest, SCHEMAS, "catch-all", {"matchingPrecedence": 7})
    assert refused.value.code == 422


async def test_other_servers_are_told_whose_certificates_clients_have(store: Store) -> None:
    rest = Rest(store, registry())
    await plant(rest, 6443)
    for authority in ("first\n", "first\n", "second\n"):
        await upkeep.keep_trust(rest, authority)
    told = await rest.get(
        registry().named("v1", "ConfigMap"), "kube-system", "extension-apiserver-authentication"
    )
    assert told["data"] == {"client-ca-file": "first\nsecond\n"}
