"""Pods, templates and namespaces before the pod security standards, as a client sees it."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver import beside
from drakkar.apiserver.admission import pod_security
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.resources.write_options import WriteOptions
from drakkar.apiserver.storage.store import Store
from drakkar.pod_security import existing

Object = dict[str, Any]
HOME = "/api/v1/namespaces/a"
MERGE = {"content-type": "application/merge-patch+json"}
_PREFIX = "pod-security.kubernetes.io/"
_SAID = (
    'PodSecurity "baseline:latest": privileged (container "c" must not set securityContext.privileged=true)'
)


def label(client: TestClient, query: str = "", **labels: str | None) -> Any:
    """Give the namespace labels of pod security; keys have `_` for `-`."""
    given = {_PREFIX + key.replace("_", "-"): value for key, value in labels.items()}
    return client.patch(f"{HOME}{query}", json={"metadata": {"labels": given}}, headers=MERGE)


def spec(privileged: bool = True, **more: Any) -> Object:
    container = {"name": "c", "image": "i", "securityContext": {"privileged": privileged}}
    return {"containers": [container], **more}


def make(client: TestClient, name: str = "p", query: str = "", **more: Any) -> Any:
    return client.post(f"{HOME}/pods{query}", json={"metadata": {"name": name}, "spec": spec(**more)})


def warned(answer: Any) -> list[str]:
    return [
        one.removeprefix('299 - "')[:-1].replace('\\"', '"') for one in answer.headers.get_list("warning")
    ]


def test_a_pod_that_violates_what_is_enforced_is_refused(client: TestClient) -> None:
    assert label(client, enforce="baseline").status_code == 200
    for query in ("", "?dryRun=All"):
        refused = make(client, query=query)
        assert refused.status_code == 403
        body = refused.json()
        assert body["message"] == f'pods "p" is forbidden: violates {_SAID}'
        assert (body["reason"], body["details"]) == ("Forbidden", {"name": "p", "kind": "pods"})
        assert warned(refused) == []
    assert make(client, privileged=False).status_code == 201


def test_what_is_only_warned_of_is_made(client: TestClient) -> None:
    label(client, warn="baseline", audit="restricted")
    made = make(client)
    assert made.status_code == 201
    assert warned(made) == [f"would violate {_SAID}"]


def test_without_labels_nothing_is_asked(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Object] = []
    monkeypatch.setattr(pod_security, "violations", lambda _, pod: looked.append(pod))
    made = make(client)
    assert (made.status_code, warned(made), looked) == (201, [], [])
    label(client, audit="restricted", enforce="privileged")
    assert (make(client, "q").status_code, looked) == (201, [])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/namespaces/a/podtemplates", lambda template: {"template": template}),
        (
            "/api/v1/namespaces/a/replicationcontrollers",
            lambda template: {"spec": {"selector": {"a": "b"}, "template": template}},
        ),
        *(
            (
                f"/apis/apps/v1/namespaces/a/{plural}",
                lambda template: {"spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template}},
            )
            for plural in ("daemonsets", "deployments", "replicasets", "statefulsets")
        ),
        ("/apis/batch/v1/namespaces/a/jobs", lambda template: {"spec": {"template": template}}),
        (
            "/apis/batch/v1/namespaces/a/cronjobs",
            lambda template: {
                "spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": template}}}
            },
        ),
    ],
)
def test_workloads_are_warned_and_made(client: TestClient, path: str, body: Any) -> None:
    label(client, enforce="baseline")
    policy = "Never" if "batch" in path else "Always"
    template = {"metadata": {"labels": {"a": "b"}}, "spec": spec(restartPolicy=policy)}
    made = client.post(path, json={"metadata": {"name": "w"}, **body(template)})
    assert made.status_code == 201, made.text
    assert f"would violate {_SAID}" in warned(made)
    again = client.patch(f"{path}/w", json={"metadata": {"labels": {"x": "y"}}}, headers=MERGE)
    assert f"would violate {_SAID}" in warned(again)


def test_a_pod_that_is_there_may_change_in_what_does_not_matter(client: TestClient) -> None:
    assert make(client).status_code == 201
    label(client, enforce="baseline")
    changed = client.patch(f"{HOME}/pods/p", json={"metadata": {"labels": {"a": "b"}}}, headers=MERGE)
    assert changed.status_code == 200
    status = client.patch(f"{HOME}/pods/p/status", json={"status": {"phase": "Running"}}, headers=MERGE)
    assert status.status_code == 200
    image = [{"op": "replace", "path": "/spec/containers/0/image", "value": "other"}]
    refused = client.patch(
        f"{HOME}/pods/p", json=image, headers={"content-type": "application/json-patch+json"}
    )
    assert (refused.status_code, refused.json()["message"]) == (
        403,
        f'pods "p" is forbidden: violates {_SAID}',
    )
    assert client.delete(f"{HOME}/pods/p").status_code == 200


def test_ephemeral_containers_are_held_to_it(client: TestClient) -> None:
    assert make(client, privileged=False).status_code == 201
    label(client, enforce="baseline")
    for privileged, code in ((True, 403), (False, 200)):
        one = {"name": "e", "image": "i", "securityContext": {"privileged": privileged}}
        patch = {"spec": {"ephemeralContainers": [one]}}
        answer = client.patch(f"{HOME}/pods/p/ephemeralcontainers", json=patch, headers=MERGE)
        assert answer.status_code == code, answer.text


def test_labels_that_ask_for_what_there_is_not(client: TestClient) -> None:
    refused = label(client, enforce="strict", warn_version="v2")
    assert refused.status_code == 422
    assert refused.json()["details"]["causes"] == [
        {
            "reason": "FieldValueInvalid",
            "message": 'Invalid value: "strict": must be one of privileged, baseline, restricted',
            "field": f"metadata.labels[{_PREFIX}enforce]",
        },
        {
            "reason": "FieldValueInvalid",
            "message": 'Invalid value: "v2": must be "latest" or "v1.x"',
            "field": f"metadata.labels[{_PREFIX}warn-version]",
        },
    ]
    new = {"metadata": {"name": "b", "labels": {f"{_PREFIX}audit": ""}}}
    assert client.post("/api/v1/namespaces", json=new).status_code == 422


def test_labels_from_before_may_stay_and_ask_for_the_strictest(client: TestClient, store: Store) -> None:
    key = ("/namespaces", "", "a")
    home = store.get(key)
    assert home is not None
    bad = {**home, "metadata": {**home["metadata"], "labels": {f"{_PREFIX}enforce": "strict"}}}
    asyncio.run(store.update(key, bad, home["metadata"]["resourceVersion"]))
    changed = client.patch(HOME, json={"metadata": {"labels": {"x": "y"}}}, headers=MERGE)
    assert (changed.status_code, changed.json()["metadata"]["labels"]["x"]) == (200, "y")
    refused = make(client, privileged=False)
    assert 'violates PodSecurity "restricted:latest": allowPrivilegeEscalation' in refused.json()["message"]
    assert label(client, warn="also").status_code == 422


def test_a_namespace_that_asks_for_more_is_told_of_its_pods(client: TestClient) -> None:
    for name in ("p", "q"):
        assert make(client, name).status_code == 201
    assert make(client, "r", privileged=False).status_code == 201
    told = [
        'existing pods in namespace "a" violate the new PodSecurity enforce level "baseline:latest"',
        "p (and 1 other pod): privileged",
    ]
    for query in ("?dryRun=All", ""):
        answer = label(client, query, enforce="baseline")
        assert (answer.status_code, warned(answer)) == (200, told)
    assert warned(label(client, warn="baseline")) == []
    assert warned(label(client, enforce="privileged")) == []


async def test_many_pods_are_looked_at_beside_the_loop(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else waits while a namespace's pods are looked at."""
    rest = Rest(store, registry())
    namespaces = rest.kinds.at("", "v1", "namespaces")
    assert namespaces is not None
    await rest.create(namespaces, "", {"metadata": {"name": "many"}})
    container = {"name": "c", "image": "i", "env": [{"name": "A", "value": "x" * 1000}]}
    for at in range(2 * beside.LIGHT // 1000):
        key = ("/pods", "many", f"p{at}")
        await store.create(
            key, {"metadata": {"name": key[2], "namespace": "many"}, "spec": {"containers": [container]}}
        )
    seen = []
    looked = existing.warnings

    def watched(*arguments: Any) -> list[str]:
        seen.append((threading.current_thread() is threading.main_thread(), len(arguments[2])))
        return looked(*arguments)

    monkeypatch.setattr(existing, "warnings", watched)
    options = WriteOptions()

    def strict(old: Object) -> Object:
        return {**old, "metadata": {**old["metadata"], "labels": {f"{_PREFIX}enforce": "restricted"}}}

    await rest.change(namespaces, "", "many", strict, options=options)
    assert seen == [(False, 2 * beside.LIGHT // 1000)]
    assert options.warnings[0].startswith('existing pods in namespace "many" violate')
