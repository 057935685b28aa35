"""What a conversion webhook, or any other, may answer, and what a list through one may cost: bounds, pages, time."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from conversion_scenes import BEHAVIOURS, answered, conversion
from webhook_program import WebhookProgram, patch, response, webhook

from drakkar.api.object import Object
from drakkar.apiserver.custom import form
from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.webhooks.conversion import ConversionWebhook, converted
from drakkar.apiserver.webhooks.waiting import Waiting
from drakkar.client import ApiError, Informer, Resource
from drakkar.client.changes import Change
from drakkar.testing import MemoryApi

from ..custom.samples import DEFINITIONS, GROUP, define, thing, version

ONE, TWO = (f"/apis/{GROUP}/{name}/namespaces/default/things" for name in ("v1", "v2"))
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
HOOKS = f"{ADMISSION}/mutatingwebhookconfigurations"
MAPS = "/api/v1/namespaces/default/configmaps"
ANY = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}

# A policy that is about the other version than the stored one.
RULE = {"operations": ["*"], "apiGroups": [GROUP], "apiVersions": ["v2"], "resources": ["things"]}
LOOKS = {
    "matchConstraints": {"resourceRules": [RULE]},
    "validations": [{"expression": "object.spec.a.size() == 100000"}],
}


def deep(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels):
        value = {"a": value}
    return value


def _made(spec: Any) -> Any:
    return lambda review: answered(review, lambda obj: {**obj, "spec": spec})


# What each of them answers nobody could send, store or read.
STRANGE: dict[str, tuple[Any, str]] = {
    "deep": (_made(deep(230)), "nested deeper than 200"),
    "deeper": (_made(deep(900)), "nested deeper than 200|recursion"),
    "many": (_made({"a": [[]] * 110_000}), "more than 100000 lists and objects"),
    # As a text: Python's own encoder would take it, and Go's reader would not.
    "huge": (lambda review: (200, json.dumps(_made({"a": 10**400})(review)[1])), "value out of range"),
    "bytes": (lambda review: (200, "\udcff"), "couldn't get version/kind"),
}


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[WebhookProgram]:
    behaviours = {
        **BEHAVIOURS,
        "slow": answered,
        "large": _made({"a": "x" * 100_000}),
        "slow-hook": lambda review: (200, response(review)),
        "odd": lambda review: (200, "\udcff"),
        "huge-patch": lambda review: (
            200,
            response(review, **patch({"op": "add", "path": "/data", "value": {"a": 10**400}})),
        ),
        **{name: behaviour for name, (behaviour, _) in STRANGE.items()},
    }
    with WebhookProgram(tmp_path, behaviours).running() as running:
        yield running


async def _define(api: MemoryApi, program: WebhookProgram, name: str) -> None:
    versions = version("v1", spec=ANY), version("v2", storage=False, spec=ANY)
    await define(api, *versions, conversion=conversion(program.config(name)))


@pytest.mark.parametrize("name", STRANGE)
async def test_answers_are_held_to_the_bounds_of_requests(
    api: MemoryApi, program: WebhookProgram, name: str
) -> None:
    await _define(api, program, name)
    await api.request("POST", ONE, json=thing(spec={"address": "a:1"}))
    for method, path, more in (
        ("GET", f"{TWO}/one", {}),
        ("GET", TWO, {}),
        ("POST", TWO, {"json": thing("two", "v2", spec={"host": "b"})}),
    ):
        with pytest.raises(ApiError, match=STRANGE[name][1]):
            await api.request(method, path, **more)
    assert [obj["metadata"]["name"] for obj in (await api.request("GET", ONE))["items"]] == ["one"]


@pytest.mark.parametrize("name", ["odd", "huge-patch"])
async def test_an_odd_answer_about_an_admission_counts_as_none(
    api: MemoryApi, program: WebhookProgram, name: str
) -> None:
    for policy in ("Ignore", "Fail"):
        hook = webhook(policy.lower(), program.config(name), failurePolicy=policy)
        await api.request("POST", HOOKS, json={"metadata": {"name": policy.lower()}, "webhooks": [hook]})
    labels = {"case": "ignore"}
    made = await api.request("POST", MAPS, json={"metadata": {"name": "a", "labels": labels}})
    assert "data" not in made
    with pytest.raises(ApiError, match="failed calling webhook"):
        await api.request("POST", MAPS, json={"metadata": {"name": "b", "labels": {"case": "fail"}}})


async def test_a_patch_makes_nothing_of_a_custom_object_that_could_not_be_sent(api: MemoryApi) -> None:
    await define(api, version("v1", spec=ANY))
    await api.request("POST", ONE, json=thing(spec=deep(150)))
    path = f"/spec{'/a' * 150}/b"
    headers = {"Content-Type": "application/json-patch+json"}
    copied = [{"op": "copy", "from": "/spec", "path": path}]
    with pytest.raises(ApiError, match="nested deeper"):
        await api.request("PATCH", f"{ONE}/one", json=copied, headers=headers)


async def test_the_deepest_custom_object_can_be_sent_back(api: MemoryApi) -> None:
    await define(api, version("v1", spec=ANY))
    for levels in (500, 192):
        with pytest.raises(ApiError, match="nested deeper"):
            await api.request("POST", ONE, json=thing(spec=deep(levels)))
    made = await api.request("POST", ONE, params={"fieldManager": "m"}, json=thing(spec=deep(191)))
    labels = {"metadata": {"labels": {"a": "b"}}}
    made["metadata"]["labels"] = {"x": "y"}
    await api.request("PUT", f"{ONE}/one", json=made)
    headers = {"Content-Type": "application/merge-patch+json"}
    await api.request("PATCH", f"{ONE}/one", json=labels, headers=headers)
    headers = {"Content-Type": "application/apply-patch+yaml"}
    whole = {"apiVersion": f"{GROUP}/v1", "kind": "Thing", **labels}
    await api.request("PATCH", f"{ONE}/one", params={"fieldManager": "n"}, json=whole, headers=headers)


async def test_what_a_webhook_makes_large_is_looked_at_beside_the_loop(
    api: MemoryApi, program: WebhookProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _define(api, program, "large")
    where: list[tuple[int, bool]] = []
    looked = form.Form._known

    def known(self: form.Form, obj: Object) -> Object:
        where.append((len(str(obj)), threading.current_thread().name == "heavy"))
        return looked(self, obj)

    monkeypatch.setattr(form.Form, "_known", known)
    await api.request("POST", ONE, json=thing(spec={"address": "a:1"}))
    assert len((await api.request("GET", f"{TWO}/one"))["spec"]["a"]) == 100_000
    await api.request("POST", TWO, json=thing("two", "v2", spec={"host": "b"}))
    for path, given in (
        ("policies", LOOKS),
        ("policybindings", {"policyName": "p", "validationActions": ["Deny"]}),
    ):
        made = {"metadata": {"name": "p"}, "spec": given}
        await api.request("POST", f"{ADMISSION}/validatingadmission{path}", json=made)
    await api.request("POST", ONE, json=thing("three", spec={"address": "b:1"}))
    large = [aside for size, aside in where if size > 100_000]
    assert len(large) >= 4 and all(large)


async def _things(api: MemoryApi, count: int) -> list[str]:
    names = [f"t{number:02}" for number in range(count)]
    for name in names:
        await api.request("POST", ONE, json=thing(name, spec={"address": f"{name}:1"}))
    return names


def _asked_about(program: WebhookProgram) -> list[int]:
    return [len(review["request"]["objects"]) for _, review in program.asked]


async def test_a_page_asks_about_its_own_objects(api: MemoryApi, program: WebhookProgram) -> None:
    await _define(api, program, "convert")
    names = await _things(api, 25)
    seen, token = [], ""
    while True:
        page = await api.request("GET", TWO, params={"limit": 10, "continue": token})
        seen += [obj["spec"]["host"] for obj in page["items"]]
        token = page["metadata"].get("continue", "")
        if not token:
            break
        assert page["metadata"]["remainingItemCount"] == 25 - len(seen)
    assert seen == names
    assert _asked_about(program) == [10, 10, 5]


async def test_a_page_of_what_matches_goes_on_until_it_is_full(
    api: MemoryApi, program: WebhookProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drakkar.apiserver.resources.converted_page._STEP", 4)
    await _define(api, program, "convert")
    for number in range(20):
        made = thing(f"t{number:02}", spec={"address": f"{number}:1"})
        made["metadata"]["labels"] = {"odd": str(number % 2)}
        await api.request("POST", ONE, json=made)
    page = await api.request("GET", TWO, params={"limit": 3, "labelSelector": "odd=1"})
    assert [obj["spec"]["host"] for obj in page["items"]] == ["1", "3", "5"]
    # One more than fits tells that there are more.
    assert _asked_about(program) == [4, 4]
    more = {"limit": 9, "labelSelector": "odd=1", "continue": page["metadata"]["continue"]}
    rest = await api.request("GET", TWO, params=more)
    assert [obj["spec"]["host"] for obj in rest["items"]] == ["7", "9", "11", "13", "15", "17", "19"]
    assert "continue" not in rest["metadata"]


async def test_a_list_that_waited_is_not_told_to_who_comes_later(
    api: MemoryApi, program: WebhookProgram
) -> None:
    await _define(api, program, "slow")
    # Long lists are at hand for a moment.
    await api.request("POST", ONE, json=thing("a", spec={"address": "a:1", "more": "x" * 100_000}))
    early = asyncio.create_task(api.request("GET", TWO))
    assert await asyncio.to_thread(program.called.wait, 20)
    await api.request("POST", ONE, json=thing("b", spec={"address": "b:1"}))
    program.release()
    assert [obj["metadata"]["name"] for obj in (await early)["items"]] == ["a"]
    late = await api.request("GET", TWO)
    assert [obj["metadata"]["name"] for obj in late["items"]] == ["a", "b"]


async def test_nobody_is_asked_when_the_time_of_a_list_is_over(
    api: MemoryApi, program: WebhookProgram
) -> None:
    objects: list[Object] = [thing(spec={"address": "a:1"})]
    asked = ConversionWebhook.of(conversion(program.config("convert"))["webhook"], "things", Waiting())
    made = await converted(api.store, asked, objects, f"{GROUP}/v2")
    assert made[0]["spec"]["host"] == "a"
    with pytest.raises(StatusError) as caught:
        await converted(api.store, asked, objects, f"{GROUP}/v2", time.monotonic() - 1)
    assert caught.value.code == 504
    assert len(program.asked) == 1


async def test_a_webhook_that_does_not_answer_takes_some_places_only(
    api: MemoryApi, program: WebhookProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drakkar.apiserver.webhooks.waiting.MOST", 3)
    await _define(api, program, "slow")
    await api.request("POST", ONE, json=thing(spec={"address": "a:1"}))
    # One that may fail, and yet nobody gets past it by being many.
    hook = webhook("case", program.config("slow-hook"), failurePolicy="Ignore", timeoutSeconds=30)
    await api.request("POST", HOOKS, json={"metadata": {"name": "slow"}, "webhooks": [hook]})

    def made(number: int) -> Any:
        meta = {"name": f"m{number}", "labels": {"case": "case"}}
        return api.request("POST", MAPS, json={"metadata": meta})

    async def refused(requests: list[Any]) -> list[Any]:
        waiting = [asyncio.create_task(one) for one in requests]
        done, left = await asyncio.wait(waiting, timeout=20, return_when=asyncio.FIRST_COMPLETED)
        while len(done) < 2:
            more, left = await asyncio.wait(left, timeout=20, return_when=asyncio.FIRST_COMPLETED)
            assert more
            done |= more
        for one in done:
            assert "Too many requests wait for a webhook" in str(one.exception())
        return list(left)

    reads = await refused([api.request("GET", f"{TWO}/one") for _ in range(5)])
    writes = await refused([made(number) for number in range(5)])
    # Whoever asks for something else is served.
    assert (await api.request("GET", f"{ONE}/one"))["spec"] == {"address": "a:1"}
    await api.request("POST", MAPS, json={"metadata": {"name": "other"}})
    program.release()
    assert [one["spec"]["host"] for one in await asyncio.gather(*reads)] == ["a"] * 3
    assert len(await asyncio.gather(*writes)) == 3
    assert (await api.request("GET", f"{TWO}/one"))["spec"]["host"] == "a"


async def test_a_watch_that_is_given_up_takes_no_other_along(api: MemoryApi, program: WebhookProgram) -> None:
    await _define(api, program, "slow")
    heard: asyncio.Queue[str] = asyncio.Queue()

    def changed(change: Change) -> None:
        heard.put_nowait(change.new["spec"]["host"] if change.new else "")

    watches = []
    for _ in range(2):
        informer = Informer(api, Resource(GROUP, "v2", "things", "Thing", True), "default")
        informer.add_handler(changed)
        watches.append(asyncio.create_task(informer.run()))
        await asyncio.sleep(0.1)
    try:
        # Both are told of it by one question.
        await api.request("POST", ONE, json=thing("a", spec={"address": "a:1"}))
        assert await asyncio.to_thread(program.called.wait, 20)
        await asyncio.sleep(0.1)
        watches[0].cancel()
        await asyncio.sleep(0.1)
        program.release()
        async with asyncio.timeout(10):
            assert await heard.get() == "a"
        assert len(program.asked) == 1
    finally:
        for one in watches:
            one.cancel()


async def test_watches_end_with_the_definition_that_they_were_begun_by(
    api: MemoryApi, program: WebhookProgram
) -> None:
    await _define(api, program, "convert")
    await api.request("POST", ONE, json=thing("a", spec={"address": "a:1", "more": "x" * 20_000}))

    async def told(seconds: int) -> list[Object]:
        params = {"watch": "true", "timeoutSeconds": seconds}
        body = await api.text("GET", TWO, params=params)
        return [json.loads(line)["object"] for line in body.splitlines()]

    assert [obj["spec"]["host"] for obj in await told(1)] == ["a"]
    watching = asyncio.create_task(told(1000))
    idle = asyncio.create_task(api.text("GET", ONE, params={"watch": "true", "timeoutSeconds": 1000}))
    await asyncio.sleep(0.2)
    path = f"{DEFINITIONS}/things.{GROUP}"
    definition = await api.request("GET", path)
    definition["spec"]["conversion"] = conversion(program.config("large"))
    await api.request("PUT", path, json=definition)
    await api.request("POST", ONE, json=thing("b", spec={"address": "b:1"}))
    async with asyncio.timeout(20):
        # Nothing is told by a webhook that is not the definition's any more, not even what is at hand.
        assert [obj["metadata"]["name"] for obj in await watching] == ["a"]
        await idle
    assert [len(obj["spec"]["a"]) for obj in await told(1)] == [100_000, 100_000]
