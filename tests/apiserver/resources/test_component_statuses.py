"""How the parts of the control plane are said to be."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver.resources import component_statuses
from drakkar.apiserver.storage.store import Store
from drakkar.cluster.certificates import Authority, Identity
from drakkar.cluster.running import free_port

PATH = "/api/v1/componentstatuses"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """At no port anybody listens, whatever else runs on the machine."""
    parts = {name: one._replace(port=free_port()) for name, one in component_statuses._PARTS.items()}
    monkeypatch.setattr(component_statuses, "_PARTS", parts)


def lead(client: TestClient, name: str, age: float) -> None:
    client.post("/api/v1/namespaces", json={"metadata": {"name": "kube-system"}})
    renewed = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=age)
    spec = {
        "holderIdentity": "x",
        "leaseDurationSeconds": 15,
        "renewTime": f"{renewed:%Y-%m-%dT%H:%M:%S.%f}Z",
    }
    made = client.post(LEASES, json={"metadata": {"name": name}, "spec": spec})
    assert made.status_code == 201, made.text


def healthy(client: TestClient) -> dict[str, Any]:
    items = client.get(PATH).json()["items"]
    return {one["metadata"]["name"]: one["conditions"][0] for one in items}


def test_who_holds_a_lease_is_well(client: TestClient) -> None:
    lead(client, "kube-scheduler", 1)
    lead(client, "kube-controller-manager", 60)
    found = healthy(client)
    assert found["scheduler"] == found["etcd-0"] == {"type": "Healthy", "status": "True", "message": "ok"}
    assert found["controller-manager"]["status"] == "False"
    assert found["controller-manager"]["message"].endswith("connect: connection refused")


def test_who_asks_is_warned_and_may_choose(client: TestClient) -> None:
    answer = client.get(f"{PATH}/etcd-0")
    assert answer.headers["Warning"] == '299 - "v1 ComponentStatus is deprecated in v1.19+"'
    assert answer.json()["kind"] == "ComponentStatus"
    message = 'componentstatus "none" not found'
    assert client.get(f"{PATH}/none").json()["message"] == message
    chosen = client.get(PATH, params={"fieldSelector": "metadata.name=etcd-0"}).json()
    assert [one["metadata"]["name"] for one in chosen["items"]] == ["etcd-0"]
    assert client.get(PATH, params={"labelSelector": "a=b"}).json()["items"] == []
    assert client.get(PATH, params={"watch": "1"}).status_code == 405
    assert client.post(PATH, json={}).status_code == 405
    table = client.get(PATH, headers={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}).json()
    assert [one["name"] for one in table["columnDefinitions"]] == ["Name", "Status", "Message", "Error"]
    assert ["etcd-0", "Healthy", "ok", ""] in [row["cells"] for row in table["rows"]]


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        (b"HTTP/1.0 200 OK\r\n\r\nok", "True", "ok"),
        (b"HTTP/1.0 500 No\r\n\r\nno", "False", "HTTP probe failed with statuscode: 500"),
        (b"nonsense", "False", "malformed HTTP response"),
        (b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 100_000, "True", None),
    ],
)
async def test_who_holds_none_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes, status: str, message: str | None
) -> None:
    issued = Authority(tmp_path).issue("s", Identity("s", hosts=("127.0.0.1",)))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(issued.certificate, issued.key)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    served = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = served.sockets[0].getsockname()[1]
    parts = {"scheduler": component_statuses._PARTS["scheduler"]._replace(port=port)}
    monkeypatch.setattr(component_statuses, "_PARTS", parts)
    store = Store()
    try:
        found = (await component_statuses.component_status(store, "scheduler"))["conditions"][0]
    finally:
        served.close()
        store.close()
    assert found["status"] == status
    assert len(found["message"]) < 11_000 and message in (None, found["message"])
