"""Webhooks are asked about writes, may change and refuse them, and a bad one costs no more than it may."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from webhook_program import WebhookProgram, patch, response, webhook

from drakkar.apiserver import beside
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.storage.store import Store
from drakkar.apiserver.webhooks import webhooks
from drakkar.apiserver.webhooks.client_config import ServiceReference
from drakkar.apiserver.webhooks.endpoint import endpoint
from drakkar.apiserver.webhooks.errors import CallError
from drakkar.apiserver.webhooks.hook import Hook

from ..callers import MASTER, Server

GROUP = "/apis/admissionregistration.k8s.io/v1"
VALIDATING, MUTATING = f"{GROUP}/validatingwebhookconfigurations", f"{GROUP}/mutatingwebhookconfigurations"
MAPS = "/api/v1/namespaces/default/configmaps"


def _added(name: str, value: str) -> Any:
    return lambda review: (
        200,
        response(review, **patch({"op": "add", "path": f"/metadata/labels/{name}", "value": value})),
    )


def _counted(review: Any) -> Any:
    data = review["request"]["object"].get("data") or {}
    count = str(int(data.get("count", "0")) + 1)
    return 200, response(review, **patch({"op": "add", "path": "/data", "value": {**data, "count": count}}))


BEHAVIOURS = {
    "allow": lambda review: (200, response(review, warnings=["mind the gap"])),
    "deny": lambda review: (200, response(review, allowed=False, status={"code": 418, "message": "no tea"})),
    "deny-mute": lambda review: (200, response(review, allowed=False)),
    "one": _added("one", "1"),
    "two": _added("two", "2"),
    "count": _counted,
    "unknown": lambda review: (
        200,
        response(review, **patch({"op": "add", "path": "/nonsense", "value": 1})),
    ),
    "steal": lambda review: (
        200,
        response(
            review,
            **patch(
                {"op": "add", "path": "/metadata/uid", "value": "mine"},
                {"op": "add", "path": "/metadata/name", "value": "other"},
                {"op": "add", "path": "/metadata/namespace", "value": "kube-system"},
            ),
        ),
    ),
    "broken": lambda review: (500, "oh dear"),
    "text": lambda review: (200, "hello"),
    "vast": lambda review: (200, "x" * (5 * 1024 * 1024)),
    "other-uid": lambda review: (200, response(review, uid="7")),
    "no-type": lambda review: (200, response(review, patch=patch({"op": "add"})["patch"])),
    "misfit": lambda review: (
        200,
        response(review, **patch({"op": "add", "path": "/data", "value": ["a list"]})),
    ),
    "grow": lambda review: (
        200,
        response(
            review, **patch({"op": "add", "path": "/data", "value": {f"k{n}": "v" for n in range(5_000)}})
        ),
    ),
    "talkative": lambda review: (200, response(review, warnings=[f"w{n}" for n in range(20_000)])),
    "slow": lambda review: (200, response(review)),
}


@pytest.fixture
def program(tmp_path: Path) -> Iterator[WebhookProgram]:
    with WebhookProgram(tmp_path, BEHAVIOURS, "hook.default.svc").running() as made:
        yield made


def _config(name: str, *hooks: Any) -> Any:
    return {"metadata": {"name": name}, "webhooks": list(hooks)}


def _map(case: str, name: str = "m", **more: Any) -> Any:
    return {"metadata": {"name": name, "labels": {"case": case}}, **more}


def _validated(server: Server, program: WebhookProgram, name: str, **parts: Any) -> None:
    server.make(VALIDATING, _config(name, webhook(name, program.config(name), **parts)))


def _mutated(server: Server, program: WebhookProgram, name: str, **parts: Any) -> None:
    server.make(MUTATING, _config(name, webhook(name, program.config(name), **parts)))


async def test_what_a_webhook_allows_is_written_with_its_warning(
    server: Server, program: WebhookProgram
) -> None:
    _validated(server, program, "allow")
    made = server.asks(MASTER, "POST", MAPS, _map("allow"))
    assert made.status_code == 201
    assert made.headers["warning"] == '299 - "mind the gap"'
    ((_, review),) = program.asked
    asked = review["request"]
    assert asked["operation"] == "CREATE" and asked["userInfo"]["username"] == "root"
    assert asked["object"]["metadata"]["uid"] == made.json()["metadata"]["uid"]
    assert asked["resource"] == {"group": "", "version": "v1", "resource": "configmaps"}


async def test_a_refusal_is_told_in_the_webhook_s_words(server: Server, program: WebhookProgram) -> None:
    _validated(server, program, "deny")
    _validated(server, program, "deny-mute")
    told = server.asks(MASTER, "POST", MAPS, _map("deny"))
    assert told.status_code == 418
    assert told.json()["message"] == 'admission webhook "deny.example.com" denied the request: no tea'
    mute = server.asks(MASTER, "POST", MAPS, _map("deny-mute"))
    assert mute.status_code == 400
    assert mute.json()["message"].endswith("denied the request without explanation")


async def test_an_object_is_stored_as_the_webhooks_left_it(server: Server, program: WebhookProgram) -> None:
    _mutated(server, program, "one", objectSelector={})
    _mutated(server, program, "two", objectSelector={})
    labels = server.make(MAPS, _map("x"))["metadata"]["labels"]
    assert labels == {"case": "x", "one": "1", "two": "2"}
    again = server.asks(MASTER, "PUT", f"{MAPS}/m", _map("y")).json()
    assert again["metadata"]["labels"] == {"case": "y", "one": "1", "two": "2"}


async def test_a_webhook_is_asked_again_where_it_was_changed_after_it(
    server: Server, program: WebhookProgram
) -> None:
    _mutated(server, program, "count", objectSelector={}, reinvocationPolicy="IfNeeded")
    assert server.make(MAPS, _map("x", "alone"))["data"] == {"count": "1"}
    _mutated(server, program, "two", objectSelector={})
    assert server.make(MAPS, _map("x", "changed"))["data"] == {"count": "2"}
    assert [name for name, _ in program.asked] == ["count", "count", "two", "count"]


@pytest.mark.parametrize(
    ("policy", "hook", "told", "count"),
    [
        ("Never", "Never", "none", "1"),
        ("IfNeeded", "Never", "1", "1"),
        ("IfNeeded", "IfNeeded", "1", "2"),
    ],
)
async def test_policies_come_before_webhooks_and_again_after_them(
    server: Server, program: WebhookProgram, policy: str, hook: str, told: str, count: str
) -> None:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    expression = "Object{data: {'told': has(object.data) ? object.?data.count.orValue('none') : 'none'}}"
    spec = {
        "matchConstraints": {"resourceRules": [rule]},
        "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}],
        "reinvocationPolicy": policy,
    }
    server.make(f"{GROUP}/mutatingadmissionpolicies", {"metadata": {"name": "p"}, "spec": spec})
    bound = {"metadata": {"name": "p"}, "spec": {"policyName": "p"}}
    server.make(f"{GROUP}/mutatingadmissionpolicybindings", bound)
    _mutated(server, program, "count", objectSelector={}, reinvocationPolicy=hook)
    assert server.make(MAPS, _map("x"))["data"] == {"told": told, "count": count}


async def test_what_is_the_server_s_stays_as_it_is(server: Server, program: WebhookProgram) -> None:
    _mutated(server, program, "steal")
    meta = server.make(MAPS, _map("steal"))["metadata"]
    assert meta["name"] == "m" and meta["namespace"] == "default" and meta["uid"] != "mine"
    # What the schema does not know is not stored.
    _mutated(server, program, "unknown")
    assert "nonsense" not in server.make(MAPS, _map("unknown", "n"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("broken", 'an error on the server ("oh dear") has prevented the request from succeeding'),
        ("text", "json parse error"),
        ("vast", "the answer is larger than"),
        ("other-uid", "received invalid webhook response: expected response.uid="),
        ("no-type", "webhook returned response.patch but not response.patchType"),
    ],
)
async def test_a_webhook_that_fails_closes_or_opens_the_door(
    name: str, said: str, server: Server, program: WebhookProgram
) -> None:
    _mutated(server, program, name)
    failed = server.asks(MASTER, "POST", MAPS, _map(name))
    assert failed.status_code == 500
    message = failed.json()["message"]
    assert message.startswith(f'Internal error occurred: failed calling webhook "{name}.example.com": ')
    assert said in message
    server.asks(
        MASTER,
        "PUT",
        f"{MUTATING}/{name}",
        {
            **_config(name, webhook(name, program.config(name), failurePolicy="Ignore")),
            "metadata": server.asks(MASTER, "GET", f"{MUTATING}/{name}").json()["metadata"],
        },
    )
    assert server.asks(MASTER, "POST", MAPS, _map(name)).status_code == 201


async def test_what_does_not_fit_the_schema_is_not_stored(server: Server, program: WebhookProgram) -> None:
    _mutated(server, program, "misfit")
    failed = server.asks(MASTER, "POST", MAPS, _map("misfit"))
    assert failed.status_code == 500 and "cannot unmarshal array" in failed.json()["message"]


async def test_nobody_listens(server: Server, program: WebhookProgram) -> None:
    config = {"url": "https://127.0.0.1:1/x", "caBundle": program.ca_bundle}
    server.make(VALIDATING, _config("gone", webhook("gone", config)))
    failed = server.asks(MASTER, "POST", MAPS, _map("gone"))
    assert failed.status_code == 500
    assert failed.json()["message"] == (
        'Internal error occurred: failed calling webhook "gone.example.com": failed to call webhook: '
        'Post "https://127.0.0.1:1/x?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused'
    )


async def test_a_stranger_s_certificate_is_not_trusted(
    server: Server, program: WebhookProgram, tmp_path: Path
) -> None:
    other = WebhookProgram(tmp_path / "other", {})
    config = {"url": program.url("allow"), "caBundle": other.ca_bundle}
    server.make(VALIDATING, _config("stranger", webhook("stranger", config)))
    failed = server.asks(MASTER, "POST", MAPS, _map("stranger"))
    assert failed.status_code == 500 and "failed to verify certificate" in failed.json()["message"]
    assert program.asked == []


async def test_a_service_is_reached_by_what_stands_behind_it(server: Server, program: WebhookProgram) -> None:
    service = {"namespace": "default", "name": "hook", "path": "/deny", "port": 443}
    config = {"service": service, "caBundle": program.ca_bundle}
    server.make(VALIDATING, _config("service", webhook("service", config)))

    def said() -> str:
        return str(server.asks(MASTER, "POST", MAPS, _map("service")).json()["message"])

    assert 'Post "https://hook.default.svc:443/deny?timeout=10s": service "hook" not found' in said()
    ports = [{"name": "https", "port": 443, "targetPort": program.port}]
    server.make(
        "/api/v1/namespaces/default/services", {"metadata": {"name": "hook"}, "spec": {"ports": ports}}
    )
    assert 'no endpoints available for service "hook"' in said()
    server.make(
        "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
        {
            # As the controller says it of pods of this machine: nobody else may name such an address.
            "metadata": {
                "name": "hook",
                "labels": {
                    "kubernetes.io/service-name": "hook",
                    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
                },
            },
            "addressType": "IPv4",
            "ports": [{"name": "https", "port": program.port, "protocol": "TCP"}],
            "endpoints": [{"addresses": ["127.0.0.1"]}],
        },
    )
    assert said() == 'admission webhook "service.example.com" denied the request: no tea'


async def test_what_stands_behind_a_service_is_a_host_and_nothing_more(store: Store) -> None:
    key = ("/services", "default", "hook")
    service = {"metadata": {"name": "hook"}, "spec": {"ports": [{"port": 443}]}}
    await store.create(key, service)
    labels = {"kubernetes.io/service-name": "hook"}
    behind = {
        "metadata": {"name": "hook", "labels": labels},
        "ports": [{"port": 443}],
        "endpoints": [{"addresses": ["::1]:6443/api?x=["]}, {"addresses": ["10.0.0.1/x", "10.0.0.1"]}],
    }
    await store.create(("discovery.k8s.io/endpointslices", "default", "hook"), behind)
    reference = ServiceReference("default", "hook", "/", 443)
    assert {endpoint(store, reference) for _ in range(50)} == {("10.0.0.1", 443)}
    version = str(store.revision - 1)
    for name in ("localhost:6443/x?", "", "a b"):
        spec = {"type": "ExternalName", "externalName": name}
        version = (await store.update(key, {**service, "spec": spec}, version))["metadata"]["resourceVersion"]
        with pytest.raises(CallError, match="leads to no name"):
            endpoint(store, reference)


async def test_a_trial_is_kept_from_webhooks_with_effects(server: Server, program: WebhookProgram) -> None:
    _validated(server, program, "allow", sideEffects="NoneOnDryRun")
    assert server.asks(MASTER, "POST", f"{MAPS}?dryRun=All", _map("allow")).status_code == 201
    assert program.asked[0][1]["request"]["dryRun"] is True


async def test_conditions_decide_whether_it_is_asked(server: Server, program: WebhookProgram) -> None:
    conditions = [{"name": "c", "expression": "object.metadata.name.startsWith('bad')"}]
    _validated(server, program, "deny", matchConditions=conditions)
    assert server.asks(MASTER, "POST", MAPS, _map("deny", "good")).status_code == 201
    assert server.asks(MASTER, "POST", MAPS, _map("deny", "bad")).status_code == 418


async def test_a_deletion_is_asked_about(server: Server, program: WebhookProgram) -> None:
    _validated(server, program, "deny", matchConditions=[{"name": "c", "expression": "oldObject != null"}])
    server.make(MAPS, _map("deny"))
    assert server.asks(MASTER, "DELETE", f"{MAPS}/m").status_code == 418
    asked = program.asked[-1][1]["request"]
    assert asked["operation"] == "DELETE" and asked["object"] is None
    assert asked["oldObject"]["metadata"]["name"] == "m"


async def test_a_webhook_about_webhooks_is_not_asked(server: Server, program: WebhookProgram) -> None:
    rule = {"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"]}
    _validated(server, program, "deny", rules=[rule], objectSelector={})
    assert server.asks(MASTER, "DELETE", f"{VALIDATING}/deny").status_code == 200


async def test_a_write_that_was_overtaken_while_a_webhook_thought_is_done_again(
    server: Server, program: WebhookProgram
) -> None:
    server.make(MAPS, _map("slow", data={"a": "1"}))
    _validated(server, program, "slow")

    def change(name: str, value: str, **labels: str) -> Any:
        return server.asks(
            MASTER, "PATCH", f"{MAPS}/m", {"metadata": {"labels": labels}, "data": {name: value}}
        )

    waiting = asyncio.create_task(asyncio.to_thread(change, "b", "2"))
    assert await asyncio.to_thread(program.called.wait, 30)
    # The other write is about an object that has not the label, so that nobody is asked about it.
    stored = server.store.get(("/configmaps", "default", "m"))
    assert stored is not None
    version = stored["metadata"]["resourceVersion"]
    await server.store.update(("/configmaps", "default", "m"), {**stored, "data": {"a": "9"}}, version)
    program.release()
    done = await asyncio.wait_for(waiting, 30)
    assert done.status_code == 200 and done.json()["data"] == {"a": "9", "b": "2"}
    assert len(program.asked) == 2


async def test_a_slow_webhook_does_not_hold_up_heavy_work(server: Server, program: WebhookProgram) -> None:
    _validated(server, program, "slow")
    large = {"text": "x" * 100_000}
    waiting = asyncio.create_task(
        asyncio.to_thread(server.asks, MASTER, "POST", MAPS, _map("slow", data=large))
    )
    assert await asyncio.to_thread(program.called.wait, 30)
    other = await asyncio.wait_for(
        asyncio.to_thread(server.asks, MASTER, "POST", MAPS, _map("none", "other", data=large)), 30
    )
    assert other.status_code == 201 and not waiting.done()
    program.release()
    assert (await asyncio.wait_for(waiting, 30)).status_code == 201


async def test_a_talkative_webhook_is_heard_no_longer_than_a_client_reads(
    server: Server, program: WebhookProgram
) -> None:
    _validated(server, program, "talkative")
    made = server.asks(MASTER, "POST", MAPS, _map("talkative"))
    assert made.status_code == 201
    told = made.headers.get_list("warning")
    assert told[:2] == ['299 - "w0"', '299 - "w1"'] and sum(map(len, told)) < 16 * 1024


async def test_what_a_webhook_makes_large_is_looked_at_beside_the_loop(
    server: Server, program: WebhookProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    _mutated(server, program, "grow")
    looked, problems = [], Strategy.problems

    def watched(*arguments: Any) -> Any:
        looked.append(beside.is_aside())
        return problems(*arguments)

    monkeypatch.setattr(Strategy, "problems", watched)
    made = server.asks(MASTER, "POST", MAPS, _map("grow"))
    assert made.status_code == 201 and len(made.json()["data"]) == 5_000
    assert looked == [True]
    assert server.asks(MASTER, "POST", MAPS, _map("none", "other")).status_code == 201
    assert looked == [True, False]


async def test_many_webhooks_are_asked_some_at_a_time_and_looked_at_beside_the_loop(
    server: Server, program: WebhookProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = {"matchLabels": {f"{'x' * 50}{n}": "y" for n in range(40)}}
    some = [webhook(f"no{n}", program.config("allow"), objectSelector=never) for n in range(200)]
    some += [webhook(f"yes{n}", program.config("allow"), objectSelector={}) for n in range(60)]
    server.make(VALIDATING, _config("many", *some))
    matched, match = [], Hook.match

    def watched(self: Hook, *arguments: Any) -> Any:
        found = match(self, *arguments)
        matched.append(beside.is_aside())
        return found

    at_once, asked = [0, 0], webhooks.Webhooks.call

    async def counted(self: webhooks.Webhooks, *arguments: Any, **more: Any) -> Any:
        at_once[0] += 1
        at_once[1] = max(at_once)
        try:
            return await asked(self, *arguments, **more)
        finally:
            at_once[0] -= 1

    monkeypatch.setattr(Hook, "match", watched)
    monkeypatch.setattr(webhooks.Webhooks, "call", counted)
    assert server.asks(MASTER, "POST", MAPS, _map("any")).status_code == 201
    assert len(program.asked) == 60 and at_once[1] <= 25
    assert matched.count(True) == 260 and matched.count(False) < 150


async def test_what_changes_while_its_deletion_is_asked_about_goes_with_its_collection(
    server: Server, program: WebhookProgram
) -> None:
    for name in ("m", "n"):
        server.make(MAPS, _map("slow", name))
    _validated(server, program, "slow")
    path = f"{MAPS}?labelSelector=case%3Dslow"
    waiting = asyncio.create_task(asyncio.to_thread(server.asks, MASTER, "DELETE", path))
    assert await asyncio.to_thread(program.called.wait, 30)
    stored = server.store.get(("/configmaps", "default", "m"))
    assert stored is not None
    version = stored["metadata"]["resourceVersion"]
    await server.store.update(("/configmaps", "default", "m"), {**stored, "data": {"a": "9"}}, version)
    program.release()
    assert (await asyncio.wait_for(waiting, 30)).status_code == 200
    assert server.asks(MASTER, "GET", path).json()["items"] == []
    asked = [review["request"]["oldObject"] for _, review in program.asked]
    assert [(one["metadata"]["name"], one.get("data")) for one in asked] == [
        ("m", None),
        ("m", {"a": "9"}),
        ("n", None),
    ]
