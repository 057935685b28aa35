"""A kind that comes while the server runs is served as any other, and goes again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver.http.app import build_app
from drakkar.apiserver.kinds.built_in import KINDS, registry
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.kinds.strategy import Strategy, selectable
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.store import Store
from drakkar.apiserver.tables.layout import Column, Layout
from drakkar.apiserver.wire import protobuf
from drakkar.testing.open_gate import OpenGate
from drakkar.validation.field_error import FieldError

GROUP = "/apis/example.org"
WIDGETS = f"{GROUP}/v1/namespaces/a/widgets"
MERGE = {"content-type": "application/merge-patch+json"}
TABLE = {"accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
APPLY = {"content-type": "application/apply-patch+yaml"}


def _rules(obj: dict[str, Any]) -> Iterator[FieldError]:
    if obj["spec"]["size"] < 1:
        yield FieldError.invalid("spec.size", str(obj["spec"]["size"]), "must be greater than or equal to 1")


def _default(obj: dict[str, Any]) -> None:
    obj.setdefault("spec", {}).setdefault("size", 3)


WIDGET = Kind(
    "example.org",
    "v1",
    "widgets",
    "Widget",
    True,
    ("wd",),
    status=True,
    generation=True,
    strategy=Strategy(
        default=_default,
        rules=_rules,
        fixed=("spec.colour",),
        fields=selectable("spec.colour"),
        columns=Layout((Column("Size", "integer"),), lambda obj, now: [obj["spec"]["size"]]),
    ),
)


@pytest.fixture
def kinds() -> Registry:
    return registry()


@pytest.fixture
def client(store: Store, kinds: Registry) -> TestClient:
    made = TestClient(build_app(Rest(store, kinds), OpenGate()))
    assert made.post("/api/v1/namespaces", json={"metadata": {"name": "a"}}).status_code == 201
    return made


def widget(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "example.org/v1",
        "kind": "Widget",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": spec,
    }


def watched(client: TestClient, path: str) -> list[tuple[str, str]]:
    text = client.get(path).text
    events = [json.loads(line) for line in text.splitlines()]
    return [(event["type"], event["object"]["metadata"]["name"]) for event in events]


def test_a_kind_that_comes_while_the_server_runs(client: TestClient, kinds: Registry) -> None:
    before = [client.get(path).json() for path in ("/apis", "/openapi/v3")]
    assert client.get(f"{GROUP}/v1").status_code == client.get(WIDGETS).status_code == 404
    kinds.add(WIDGET)
    assert [one["name"] for one in client.get(f"{GROUP}/v1").json()["resources"]] == [
        "widgets",
        "widgets/status",
    ]
    assert client.get(GROUP).json()["preferredVersion"]["groupVersion"] == "example.org/v1"
    for path, old in zip(("/apis", "/openapi/v3"), before, strict=True):
        assert client.get(path).json() != old
    assert (
        f"{WIDGETS.replace('/a/', '/{namespace}/')}/{{name}}"
        in client.get(f"/openapi/v3{GROUP}/v1").json()["paths"]
    )

    made = client.post(WIDGETS, json=widget("x", colour="red")).json()
    assert made["spec"] == {"colour": "red", "size": 3} and made["metadata"]["generation"] == 1
    assert client.post(WIDGETS, json=widget("y", colour="blue", size=0)).status_code == 422
    client.post(WIDGETS, json=widget("y", colour="blue"))
    listed = client.get(f"{WIDGETS}?fieldSelector=spec.colour=blue").json()
    assert listed["kind"] == "WidgetList" and [one["metadata"]["name"] for one in listed["items"]] == ["y"]
    assert client.get(f"{WIDGETS}?fieldSelector=spec.size=3").status_code == 400

    table = client.get(WIDGETS, headers=TABLE).json()
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Size"]
    assert [shown["cells"] for shown in table["rows"]] == [["x", 3], ["y", 3]]

    since = made["metadata"]["resourceVersion"]
    patched = client.patch(f"{WIDGETS}/x", content=b'{"spec":{"size":5}}', headers=MERGE).json()
    assert patched["spec"]["size"] == 5 and patched["metadata"]["generation"] == 2
    assert (
        client.patch(f"{WIDGETS}/x", content=b'{"spec":{"colour":"green"}}', headers=MERGE).status_code == 422
    )
    applied = client.patch(
        f"{WIDGETS}/x?fieldManager=m&force=true", content=json.dumps(widget("x", size=7)), headers=APPLY
    )
    assert applied.status_code == 200 and applied.json()["spec"] == {"colour": "red", "size": 7}
    status = client.patch(f"{WIDGETS}/x/status", content=b'{"status":{"n":1}}', headers=MERGE).json()
    assert status["status"] == {"n": 1} and status["metadata"]["generation"] == 3

    assert client.delete(f"{WIDGETS}/x").json()["status"] == "Success"
    assert client.get(f"{WIDGETS}/x").status_code == 404
    seen = watched(client, f"{WIDGETS}?watch=1&timeoutSeconds=1&resourceVersion={since}")
    assert seen == [("ADDED", "y"), *[("MODIFIED", "x")] * 3, ("DELETED", "x")]

    kinds.remove(WIDGET)
    assert client.get(WIDGETS).status_code == client.get(GROUP).status_code == 404
    assert [client.get(path).json() for path in ("/apis", "/openapi/v3")] == before


def test_registries_are_apart_and_a_path_is_served_once(kinds: Registry) -> None:
    kinds.add(WIDGET)
    assert kinds.at("example.org", "v1", "widgets") is WIDGET
    assert registry().at("example.org", "v1", "widgets") is None
    with pytest.raises(ValueError):
        kinds.add(WIDGET)
    assert tuple(kinds) == (*KINDS, WIDGET)


def test_a_protobuf_body_of_every_kind_can_be_read() -> None:
    known = protobuf.kinds()
    sent = [kind for kind in KINDS if "create" in kind.verbs]
    assert {kind.kind for kind in KINDS if kind not in sent} == {"ComponentStatus"}
    assert not {kind.kind for kind in sent if (kind.api_version, kind.kind) not in known}
