"""The order of a write: mutating admission sees defaults, the kind's rules see what it made, validating admission comes
last; a creation and an update are asked alike."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver.admission.admission import Admission, built_in
from drakkar.apiserver.admission.plugin import Plugin
from drakkar.apiserver.errors import FieldError, StatusError, bad_request
from drakkar.apiserver.http.app import build_app
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.resources.write_options import WriteOptions
from drakkar.apiserver.storage.store import Store
from drakkar.testing.open_gate import OpenGate

SERVICES = "/api/v1/namespaces/a/services"


class Told(Plugin):
    """Writes down who was asked, with what the object was then."""

    def __init__(self, said: list[str]) -> None:
        self.said = said

    def mutate(self, new: dict[str, Any], old: dict[str, Any] | None, store: Store) -> None:
        self.said.append(f"mutate {new['colour']}")
        new["approved"] = True
        if new["colour"] == "grey":
            new["colour"] = "red"

    def validate(
        self, new: dict[str, Any], old: dict[str, Any] | None, subresource: str, store: Store
    ) -> None:
        self.said.append(f"validate {new['colour']}")
        if new["colour"] == "black":
            raise bad_request("no black ones")


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def written(said: list[str]) -> tuple[Rest, Kind]:
    """The verbs on a kind whose objects are grey where nobody says another colour, and never white."""

    def default(new: dict[str, Any]) -> None:
        said.append("default")
        new.setdefault("colour", "grey")

    def rules(new: dict[str, Any]) -> list[FieldError]:
        said.append(f"rules {new['colour']}")
        return [FieldError.required("colour")] if new["colour"] == "white" else []

    kind = Kind(
        "example.org", "v1", "things", "Thing", False, strategy=Strategy(default=default, rules=rules)
    )
    kinds = registry()
    kinds.add(kind)
    return Rest(Store(), kinds, admission=Admission((Told(said),))), kind


async def test_creations_and_updates_are_asked_in_one_order(
    written: tuple[Rest, Kind], said: list[str]
) -> None:
    rest, kind = written
    order = ["default", "mutate grey", "rules red", "validate red"]
    made = await rest.create(kind, "", {"metadata": {"name": "x"}}, WriteOptions(manager="m"))
    assert said == order and made["colour"] == "red"
    said.clear()
    labelled = {"metadata": {"name": "x", "labels": {"a": "b"}}}
    changed = await rest.replace(kind, "", "x", labelled, options=WriteOptions(manager="m"))
    assert said == order and changed["colour"] == "red"
    for one in (made, changed):
        # What is filled in is the writer's, what admission adds is nobody's.
        (owner,) = one["metadata"]["managedFields"]
        assert one["approved"] and "f:colour" in owner["fieldsV1"] and "f:approved" not in owner["fieldsV1"]


async def test_what_the_rules_refuse_comes_before_what_admission_refuses(
    written: tuple[Rest, Kind], said: list[str]
) -> None:
    rest, kind = written
    for colour, code in (("white", 422), ("black", 400)):
        with pytest.raises(StatusError) as refused:
            await rest.create(kind, "", {"metadata": {"name": colour}, "colour": colour})
        assert refused.value.code == code
    assert "validate white" not in said and said[-2:] == ["rules black", "validate black"]
    await rest.create(kind, "", {"metadata": {"name": "x"}})
    for colour, code in (("white", 422), ("black", 400)):
        with pytest.raises(StatusError) as refused:
            await rest.replace(kind, "", "x", {"metadata": {"name": "x"}, "colour": colour})
        assert refused.value.code == code


def test_a_service_is_given_its_address_before_it_is_looked_at(store: Store) -> None:
    client = TestClient(build_app(Rest(store, registry(), admission=built_in()), OpenGate()))
    client.post("/api/v1/namespaces", json={"metadata": {"name": "a"}})
    port = {"port": 80}
    client.post(SERVICES, json={"metadata": {"name": "good"}, "spec": {"ports": [port], "clusterIP": "None"}})
    wrong = {"clusterIP": "1.2.3.4", "ports": [{"port": 0}]}
    made = client.post(SERVICES, json={"metadata": {"name": "bad"}, "spec": wrong})
    assert [cause["field"] for cause in made.json()["details"]["causes"]] == ["spec.clusterIPs"]
    free = {"ports": [{"port": 0}]}
    for code in (
        client.post(SERVICES, json={"metadata": {"name": "bad"}, "spec": free}),
        client.put(f"{SERVICES}/good", json={"metadata": {"name": "good"}, "spec": free}),
    ):
        assert code.status_code == 422
        assert [cause["field"] for cause in code.json()["details"]["causes"]] == [
            "spec.ports[0].port",
            "spec.ports[0].targetPort",
        ]
