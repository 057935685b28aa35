"""The worst request of each verb, as large as the server reads: meanwhile everyone else is served, and it ends."""

from __future__ import annotations

import asyncio
import json
import statistics
import threading
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from starlette.testclient import TestClient
from work_units import unit
from yarl import URL

from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.http import answers
from drakkar.apiserver.patch import field_paths, json_patch
from drakkar.apiserver.patch.managed_fields import MAX_UPDATE_ENTRIES, UPDATE, Entry, encode
from drakkar.apiserver.storage.store import Store
from drakkar.apiserver.wire import body, nesting
from drakkar.apiserver.wire.decoding import fit

from ..http.test_watch_costs import bench
from . import worst_bodies
from .worst_bodies import CLAIMS, JSON_PATCH, MAPS

# Of all that `worst_bodies` knows: the worst of each verb, and of each way to read a body.
WORST = (
    "create: each key twice",
    "create: many labels",
    "create: managed fields",
    "create: quantities",
    "create: deep parameters",
    "create: protobuf: entries",
    "update: many keys of data",
    "patch: merge: many keys",
    "patch: json: ten thousand additions",
    "patch: json: copies that double",
    "patch: strategic: environment",
    "patch: apply: many keys",
    "patch: apply: deep YAML",
    "delete: options",
    "patch: strategic: keys and as many to retain",
    "list: labelSelector a,",
)
# The worst of what is not too large to be stored.
WORST_STORED = (
    "create: many labels",
    "create: managed fields",
    "create: environment",
    "create: quantities",
    "update: many keys of data",
    "patch: strategic: environment",
    "patch: apply: environment",
)


_PROBES = 9
# On so many servers, one after the other or side by side.
_PARTS = 4


@pytest.mark.long
@pytest.mark.parametrize(
    "part", [0, *(pytest.param(part, marks=pytest.mark.faults) for part in range(1, _PARTS))]
)
async def test_everyone_else_is_served_meanwhile(part: int, tmp_path: Path) -> None:
    lab: Any = bench.Lab(tmp_path)
    whole = {case.name: case for case in worst_bodies.cases()}
    stored = {case.name: case for case in worst_bodies.cases(worst_bodies.STORED)}
    cases = ([whole[name] for name in WORST] + [stored[name] for name in WORST_STORED])[part::_PARTS]
    try:
        await lab.start()
        connector = aiohttp.TCPConnector(ssl=lab.context(), limit=0)
        async with aiohttp.ClientSession(
            connector=connector, timeout=aiohttp.ClientTimeout(total=300)
        ) as session:
            await prepare(lab, session)
            for case in cases:
                began = lab.cpu()
                seconds = await served_beside(lab, session, case)
                assert statistics.median(seconds) < 10 * unit(), (case.name, sorted(seconds))
                # Linear: three megabytes of anything are some seconds of work.
                assert lab.cpu() - began < 3_000 * unit(), case.name
            async with session.get(lab.url + MAPS) as answer:
                assert answer.status == 200
    finally:
        await lab.stop()


async def prepare(lab: Any, session: aiohttp.ClientSession) -> None:
    for path, sent in (
        ("/api/v1/namespaces", b'{"metadata":{"name":"a"}}'),
        ("/api/v1/namespaces/a/serviceaccounts", b'{"metadata":{"name":"default"}}'),
        (worst_bodies.PODS, b'{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}'),
        (MAPS, worst_bodies.large()),
        (MAPS, b'{"metadata":{"name":"worst"}}'),
    ):
        headers = {"Content-Type": "application/json"}
        async with session.post(lab.url + path, data=sent, headers=headers) as answer:
            assert answer.status == 201, await answer.text()


async def served_beside(lab: Any, session: aiohttp.ClientSession, case: worst_bodies.Case) -> list[float]:
    """How long /readyz takes while the request is under way."""

    async def send() -> None:
        url = URL(lab.url + case.path, encoded=True)
        headers = {"Content-Type": case.media}
        async with session.request(case.method, url, data=case.body or None, headers=headers) as answer:
            text = await answer.read()
            assert answer.status < 500, (case.name, text[:500])

    seconds: list[float] = []
    # One that is done at once is sent again, so that there is a median.
    while len(seconds) < _PROBES:
        sending = asyncio.create_task(send())
        while not sending.done():
            began = time.perf_counter()
            async with session.get(f"{lab.url}/readyz") as answer:
                assert answer.status == 200
            seconds.append(time.perf_counter() - began)
        await sending
    return seconds


def test_duplicates_are_found_in_linear_time() -> None:
    def seconds(count: int) -> float:
        text = ("{" + ",".join(f'"{n}":1,"{n}":2' for n in range(count)) + "}").encode()
        began = time.process_time()
        assert body.decode("application/json", text).duplicates[:2] == [
            'duplicate field "0"',
            'duplicate field "1"',
        ]
        return time.process_time() - began

    assert min(seconds(40_000) for _ in range(3)) < 25 * min(seconds(4_000) for _ in range(3)) + 0.05


def test_a_long_key_over_many_values_is_not_copied_for_each() -> None:
    def seconds(key: int) -> float:
        extra = {"k" * key: ["v"] * 50_000}
        review = {"spec": {"user": "u", "extra": extra}}
        began = time.process_time()
        fit("authorization.k8s.io", "v1", "SubjectAccessReview", review)
        return time.process_time() - began

    assert min(seconds(100_000) for _ in range(3)) < 5 * min(seconds(10) for _ in range(3)) + 0.05


def test_managers_are_folded_in_linear_time() -> None:
    def seconds(count: int) -> float:
        fields = [field_paths.decode({"f:data": {f"f:{n}": {}}}) for n in range(count)]
        entries = [Entry(f"m{n}", UPDATE, "v1", "", "2026-01-01T00:00:00Z", fields[n]) for n in range(count)]
        began = time.process_time()
        found = encode(entries)
        spent = time.process_time() - began
        assert len(found) == MAX_UPDATE_ENTRIES
        kept = [one["fieldsV1"]["f:data"] for one in found]
        assert sum(map(len, kept)) == count
        return spent

    assert min(seconds(10_000) for _ in range(3)) < 25 * min(seconds(1_000) for _ in range(3)) + 0.05


def test_a_patch_copies_no_more_than_a_request_may_hold(client: TestClient) -> None:
    data = {"metadata": {"name": "c"}, "data": {"a": "x" * 1000}}
    assert client.post(MAPS, json=data).status_code == 201
    double = [{"op": "copy", "from": "/data", "path": f"/data/a{n}"} for n in range(40)]
    headers = {"Content-Type": JSON_PATCH}
    # The server works in another thread.
    began = time.process_time()
    answer = client.patch(f"{MAPS}/c", content=json.dumps(double), headers=headers)
    assert answer.status_code == 422 and time.process_time() - began < 500 * unit()
    many = [{"op": "test", "path": "/kind", "value": "ConfigMap"}] * (json_patch.MAX_OPERATIONS + 1)
    answer = client.patch(f"{MAPS}/c", content=json.dumps(many), headers=headers)
    assert answer.status_code == 413
    assert answer.json()["message"] == "The allowed maximum operations in a JSON patch is 10000, got 10001"


def claim(depth: int) -> bytes:
    parameters = '{"a":' * depth + "1" + "}" * depth
    config = '{"opaque":{"driver":"d.x","parameters":' + parameters + "}}"
    requests = '{"name":"r","exactly":{"deviceClassName":"c"}}'
    spec = '{"devices":{"requests":[' + requests + '],"config":[' + config + "]}}"
    return ('{"metadata":{"name":"deep"},"spec":' + spec + "}").encode()


@pytest.mark.parametrize("media", ["application/json", "application/yaml"])
def test_what_is_stored_can_be_patched_and_answered_however_deep(client: TestClient, media: str) -> None:
    client.post("/apis/resource.k8s.io/v1/deviceclasses", json={"metadata": {"name": "c"}})
    headers = {"Content-Type": media}
    for depth in (450, nesting.DEEPEST):
        refused = client.post(CLAIMS, content=claim(depth), headers=headers)
        assert refused.status_code == 400 and "nested deeper than 200" in refused.json()["message"]
    made = client.post(CLAIMS, content=claim(nesting.DEEPEST - 8), headers=headers)
    assert made.status_code == 201, made.text[:300]
    where = f"{CLAIMS}/deep"
    change = {"metadata": {"annotations": {"a": "b"}}}
    for patch in ("application/merge-patch+json", "application/strategic-merge-patch+json"):
        answer = client.patch(where, json=change, headers={"Content-Type": patch})
        assert answer.status_code == 200, answer.text[:300]
    whole = {"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": {"labels": {"a": "b"}}}
    apply = {"Content-Type": "application/apply-patch+yaml"}
    answer = client.patch(f"{where}?fieldManager=m", content=json.dumps(whole), headers=apply)
    assert answer.status_code == 200, answer.text[:300]
    ops = [{"op": "add", "path": "/metadata/labels", "value": {"c": "d"}}]
    answer = client.patch(where, content=json.dumps(ops), headers={"Content-Type": JSON_PATCH})
    assert answer.status_code == 200, answer.text[:300]
    for version in ("v1", "v1beta1", "v1beta2"):
        assert client.get(where.replace("/v1/", f"/{version}/")).status_code == 200
    # A patch cannot make of it what could not have been sent.
    path = "/spec/devices/config/0/opaque/parameters" + "/a" * 150
    deeper = [{"op": "add", "path": path, "value": json.loads('{"a":' * 150 + "1" + "}" * 150)}]
    answer = client.patch(where, content=json.dumps(deeper), headers={"Content-Type": JSON_PATCH})
    assert answer.status_code in (400, 422), answer.text[:300]
    assert client.delete(where).status_code == 200


async def test_a_long_list_is_made_beside_the_loop(
    store: Store, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1_500):
        meta = {"name": f"c{number:04}", "namespace": "a", "labels": {"n": str(number % 2)}}
        await store.create(
            ("/configmaps", "a", meta["name"]), {"kind": "ConfigMap", "apiVersion": "v1", "metadata": meta}
        )
    where: set[str] = set()
    encoded = answers.encoded_list

    def noted(*asked: Any) -> bytes:
        where.add(threading.current_thread().name)
        return encoded(*asked)

    monkeypatch.setattr(answers, "encoded_list", noted)
    for accept in ("application/json", "application/json;as=Table;g=meta.k8s.io;v=v1"):
        found = client.get(f"{MAPS}?labelSelector=n%3D1", headers={"Accept": accept}).json()
        rows = found.get("items") or [row["object"] for row in found["rows"]]
        assert [one["metadata"]["name"] for one in rows] == [f"c{n:04}" for n in range(1, 1_500, 2)]
        assert found["metadata"]["resourceVersion"] == str(store.revision)
    assert len(where) == 1 and where.pop().startswith("heavy")


def test_an_answer_is_not_much_larger_than_what_it_answers(client: TestClient) -> None:
    labels = {f"_{n}": "_" for n in range(20_000)}
    sent = json.dumps({"metadata": {"name": "c", "labels": labels}})
    answer = client.post(MAPS, content=sent)
    assert answer.status_code == 422 and len(answer.content) < len(sent)
    assert "more" in answer.json()["message"]


def test_more_than_can_be_stored_is_refused(client: TestClient) -> None:
    small = {"metadata": {"name": "c"}, "data": {"a": "x" * 900_000}}
    assert client.post(MAPS, json=small).status_code == 201
    headers = {"Content-Type": "application/merge-patch+json"}
    answer = client.patch(f"{MAPS}/c", json={"data": {"b": "x" * 900_000}}, headers=headers)
    assert answer.status_code == 413 and answer.json()["reason"] == "RequestEntityTooLarge"
    with pytest.raises(StatusError) as refused:
        body.decode("application/json", b'{"a":[' + b"{}," * 200_000 + b"{}]}")
    assert refused.value.code == 413
