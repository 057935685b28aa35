"""What LimitRanges give pods, and refuse."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver import beside
from drakkar.apiserver.admission import limit_ranges
from drakkar.apiserver.admission.limit_ranges import LimitRanges
from drakkar.apiserver.storage.errors import LARGEST
from drakkar.apiserver.storage.store import Store

Object = dict[str, Any]
HOME = "/api/v1/namespaces/a"


def limit(client: TestClient, name: str = "l", **item: Any) -> None:
    body = {"metadata": {"name": name}, "spec": {"limits": [{"type": "Container", **item}]}}
    made = client.post(f"{HOME}/limitranges", json=body)
    assert made.status_code == 201, made.text


def make(
    client: TestClient, requests: Object | None = None, limits: Object | None = None, **spec: Any
) -> Any:
    resources = {"requests": requests or {}, "limits": limits or {}}
    containers = [{"name": "c", "image": "i", "resources": resources}]
    return client.post(
        f"{HOME}/pods", json={"metadata": {"name": "p"}, "spec": {"containers": containers, **spec}}
    )


def test_containers_get_what_they_do_not_say(client: TestClient) -> None:
    limit(client, default={"cpu": "2", "memory": "1Gi"}, defaultRequest={"cpu": "500m"})
    made = make(client, {"cpu": "1"}, initContainers=[{"name": "i", "image": "i"}]).json()
    (container,), (init,) = made["spec"]["containers"], made["spec"]["initContainers"]
    assert container["resources"] == {
        "requests": {"cpu": "1", "memory": "1Gi"},
        "limits": {"cpu": "2", "memory": "1Gi"},
    }
    assert init["resources"]["requests"] == {"cpu": "500m", "memory": "1Gi"}
    assert made["metadata"]["annotations"] == {
        "kubernetes.io/limit-ranger": "LimitRanger plugin set: memory request for container c; "
        "cpu, memory limit for container c; cpu, memory request for init container i; "
        "cpu, memory limit for init container i"
    }
    assert made["status"]["qosClass"] == "Burstable"


def test_what_they_get_makes_their_class(client: TestClient) -> None:
    limit(client, default={"cpu": "1", "memory": "1Gi"})
    assert make(client).json()["status"]["qosClass"] == "Guaranteed"


def test_a_pod_that_is_there_stays_as_it_is(client: TestClient) -> None:
    assert make(client).status_code == 201
    limit(client, default={"cpu": "1"}, max={"cpu": "1"})
    headers = {"content-type": "application/merge-patch+json"}
    changed = client.patch(f"{HOME}/pods/p", json={"metadata": {"labels": {"a": "b"}}}, headers=headers)
    assert changed.status_code == 200
    assert not changed.json()["spec"]["containers"][0]["resources"]


@pytest.mark.parametrize(
    ("item", "requests", "limits", "said"),
    [
        (
            {"min": {"cpu": "1"}},
            {"cpu": "500m"},
            {},
            "minimum cpu usage per Container is 1, but request is 500m",
        ),
        (
            {"min": {"cpu": "1"}, "max": {"cpu": "2"}},
            {"cpu": "500m"},
            {"cpu": "3"},
            "[minimum cpu usage per Container is 1, but request is 500m, "
            "maximum cpu usage per Container is 2, but limit is 3]",
        ),
        (
            {"maxLimitRequestRatio": {"cpu": "2"}},
            {"cpu": "1"},
            {"cpu": "3"},
            "cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000",
        ),
        (
            {"maxLimitRequestRatio": {"cpu": "2"}},
            {},
            {},
            "cpu max limit to request ratio per Container is 2, but no request is specified or request is 0",
        ),
        (
            {"type": "Pod", "max": {"memory": "1Gi"}},
            {},
            {},
            "maximum memory usage per Pod is 1Gi.  No limit is specified",
        ),
        (
            {"type": "Pod", "min": {"memory": "1Gi"}},
            {},
            {},
            "minimum memory usage per Pod is 1Gi.  No request is specified",
        ),
        (
            {"type": "Pod", "max": {"example.com/gpu": "1"}},
            {"example.com/gpu": "5e18"},
            {"example.com/gpu": "5e18"},
            "maximum example.com/gpu usage per Pod is 1, but limit is 5e18",
        ),
    ],
)
def test_what_is_refused(
    client: TestClient, item: Object, requests: Object, limits: Object, said: str
) -> None:
    limit(client, **item)
    refused = make(client, requests, limits)
    assert refused.status_code == 403
    assert refused.json()["message"] == f'pods "p" is forbidden: {said}'


@pytest.mark.parametrize(("storage", "code"), [("1Gi", 201), ("1Mi", 403), ("3Gi", 403)])
def test_claims_of_volumes(client: TestClient, storage: str, code: int) -> None:
    limit(client, type="PersistentVolumeClaim", min={"storage": "10Mi"}, max={"storage": "2Gi"})
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}}
    made = client.post(f"{HOME}/persistentvolumeclaims", json={"metadata": {"name": "v"}, "spec": spec})
    assert made.status_code == code, made.text


def test_a_pod_says_a_part_of_what_it_takes_as_a_whole(client: TestClient) -> None:
    resources = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "2Gi"}}
    containers = [{"name": "c", "image": "i", "resources": resources}]
    spec = {"containers": containers, "resources": {"requests": {"cpu": "3"}}}
    made = client.post(f"{HOME}/pods", json={"metadata": {"name": "p"}, "spec": spec}).json()
    assert made["spec"]["resources"] == {
        "requests": {"cpu": "3", "memory": "1Gi"},
        "limits": {"cpu": "3", "memory": "2Gi"},
    }
    assert made["status"]["qosClass"] == "Burstable"


@pytest.mark.parametrize(
    "spec", [[1], {"limits": {"a": 1}}, {"limits": [1, {"type": "Container", "default": [1]}]}]
)
def test_a_damaged_range_costs_only_itself(client: TestClient, store: Store, spec: Any) -> None:
    body = {"kind": "LimitRange", "metadata": {"name": "l", "namespace": "a", "uid": "u"}, "spec": spec}
    asyncio.run(store.create(("/limitranges", "a", "odd"), body))
    limit(client, default={"cpu": "1"})
    made = make(client).json()
    assert made["spec"]["containers"][0]["resources"]["limits"] == {"cpu": "1"}


def _many(client: TestClient, count: int) -> Any:
    containers = [{"name": f"c{n}", "image": "i"} for n in range(count)]
    return client.post(f"{HOME}/pods", json={"metadata": {"name": "p"}, "spec": {"containers": containers}})


def test_a_pod_that_would_never_fit_is_given_no_more(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {f"example.com/{'x' * 40}{n}": "1" for n in range(2_000)}
    limit(client, default=names, defaultRequest=names)
    monkeypatch.setattr(LimitRanges, "validate", _not_reached)
    refused = _many(client, 200)
    assert refused.status_code == 413, refused.text
    # It would be twenty megabytes.
    assert int(refused.json()["message"].split("comes to ")[1].split()[0]) < 2 * LARGEST


def _not_reached(*arguments: Any) -> None:
    raise AssertionError("a pod that is too large was looked at")


def test_much_work_is_done_beside_the_loop_and_little_on_it(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, below = [], limit_ranges._below

    def watched(*arguments: Any) -> Any:
        done.append(beside.is_aside())
        return below(*arguments)

    monkeypatch.setattr(limit_ranges, "_below", watched)
    names = {f"example.com/x{n}": "1" for n in range(50)}
    limit(client, default=names, min=names)
    assert _many(client, 2).status_code == 201
    assert set(done) == {False}
    done.clear()
    client.delete(f"{HOME}/pods/p?gracePeriodSeconds=0")
    assert _many(client, 40).status_code == 201
    assert set(done) == {True}


def test_of_very_much_that_is_wrong_only_some_is_told(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(client, maxLimitRequestRatio={f"example.com/x{n}": "1" for n in range(1_500)})
    looked, apart = [0], limit_ranges._apart

    def counted(*arguments: Any) -> Any:
        looked[0] += 1
        return apart(*arguments)

    monkeypatch.setattr(limit_ranges, "_apart", counted)
    refused = _many(client, 100)
    assert refused.status_code == 403
    assert refused.json()["message"].count("ratio per Container") == 1_000 and looked[0] == 1_000
