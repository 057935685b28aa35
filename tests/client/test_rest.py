from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from drakkar.client import AlreadyExistsError, Client, ConflictError, EventRecorder, Informer, NotFoundError
from drakkar.client.changes import Change
from drakkar.client.resources import NODES, PODS, RESOURCECLAIMS


class Server:
    """An API server of canned answers: `lists` and `watches` are taken one a request; requests are kept."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []
        self.answers: dict[tuple[str, str], tuple[int, Any]] = {}
        self.lists: list[Any] = []
        self.watches: asyncio.Queue[list[Any]] = asyncio.Queue()
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        text = await request.text()
        body = json.loads(text) if text else None
        self.requests.append((request.method, request.path, dict(request.query), body))
        if request.query.get("watch"):
            response = web.StreamResponse()
            await response.prepare(request)
            for event in await self.watches.get():
                await response.write(json.dumps(event).encode() + b"\n")
            return response
        answer = self.answers.get((request.method, request.path))
        if answer is not None:
            return web.json_response(answer[1], status=answer[0])
        return web.json_response(self.lists.pop(0))


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    given = Server()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", given.handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    given.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield given
    # A watch that still waits for its events must not hold the server up.
    given.watches.put_nowait([])
    await runner.cleanup()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Client]:
    async with Client(server.url) as made:
        yield made


def _pod(name: str, version: str, uid: str | None = None) -> dict[str, Any]:
    return {"metadata": {"namespace": "ns", "name": name, "uid": uid or name, "resourceVersion": version}}


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (404, "NotFound", NotFoundError),
        (409, "AlreadyExists", AlreadyExistsError),
        (409, "Conflict", ConflictError),
    ],
)
async def test_a_refusal_is_an_exception_with_the_servers_words(
    server: Server, client: Client, code: int, reason: str, kind: type[Exception]
) -> None:
    status = {"kind": "Status", "reason": reason, "message": f"because {reason}", "code": code}
    server.answers["GET", "/api/v1/nodes/n"] = (code, status)
    with pytest.raises(kind, match=f"because {reason}"):
        await client.get(NODES, "n")


async def test_writes_go_to_the_paths_and_with_the_options_of_kubernetes(
    server: Server, client: Client
) -> None:
    claim = {"metadata": {"namespace": "ns", "name": "c"}}
    path = "/apis/resource.k8s.io/v1/namespaces/ns/resourceclaims"
    server.lists = [claim] * 4
    await client.create(RESOURCECLAIMS, claim)
    await client.update(RESOURCECLAIMS, claim, subresource="status")
    await client.patch(PODS, "p", {}, "ns", "apply", "status", field_manager="m", force=True)
    await client.delete(PODS, "p", "ns", grace_period_seconds=0, uid="u")
    assert [request[:3] for request in server.requests] == [
        ("POST", path, {}),
        ("PUT", f"{path}/c/status", {}),
        ("PATCH", "/api/v1/namespaces/ns/pods/p/status", {"fieldManager": "m", "force": "true"}),
        ("DELETE", "/api/v1/namespaces/ns/pods/p", {}),
    ]
    assert server.requests[-1][3] == {
        "kind": "DeleteOptions",
        "apiVersion": "v1",
        "gracePeriodSeconds": 0,
        "preconditions": {"uid": "u"},
    }


async def test_an_empty_name_never_addresses_the_collection(client: Client) -> None:
    with pytest.raises(ValueError, match="empty name"):
        await client.delete(PODS, "", "ns")


async def test_a_long_list_is_fetched_in_pages(server: Server, client: Client) -> None:
    server.lists = [
        {"metadata": {"resourceVersion": "5", "continue": "more"}, "items": [_pod("a", "1")]},
        {"metadata": {"resourceVersion": "5"}, "items": [_pod("b", "2")]},
    ]
    answer = await client.list(PODS, limit=1)
    assert [item["metadata"]["name"] for item in answer["items"]] == ["a", "b"]
    assert server.requests[1][2] == {"limit": "1", "continue": "more"}


async def test_an_informer_follows_and_after_a_gap_tells_what_it_missed(
    server: Server, client: Client
) -> None:
    server.lists = [
        {"metadata": {"resourceVersion": "5"}, "items": [_pod("a", "1"), _pod("b", "2")]},
        {"metadata": {"resourceVersion": "9"}, "items": [_pod("b", "2", "another"), _pod("c", "8")]},
    ]
    expired = {"type": "ERROR", "object": {"code": 410, "reason": "Expired", "message": "too old"}}
    server.watches.put_nowait([{"type": "MODIFIED", "object": _pod("a", "6")}, expired])
    told: list[tuple[str, str]] = []
    last = asyncio.Event()

    def handle(change: Change) -> None:
        old, new = change.old, change.new
        told.append((type(change).__name__, (new or old or {})["metadata"]["name"]))
        if told[-1] == ("Added", "c"):
            last.set()

    informer = Informer(client, PODS)
    informer.add_handler(handle)
    running = asyncio.create_task(informer.run())
    await informer.wait_synced(5)
    await asyncio.wait_for(last.wait(), 5)
    running.cancel()
    assert told == [
        ("Added", "a"),
        ("Added", "b"),
        ("Updated", "a"),
        ("Deleted", "a"),
        ("Deleted", "b"),
        ("Added", "b"),
        ("Added", "c"),
    ]
    assert set(informer.store) == {("ns", "b"), ("ns", "c")}
    assert server.requests[1][2]["resourceVersion"] == "5"


@pytest.mark.parametrize("noted", [False, True])
async def test_an_informer_tells_that_the_server_is_an_older_copy_of_itself(
    server: Server, client: Client, noted: bool
) -> None:
    """A backup was restored: the same versions may stand for other objects."""
    listed = {"metadata": {"resourceVersion": "5"}, "items": [_pod("a", "5")]}
    server.lists = [listed, listed, listed]
    expired = {"type": "ERROR", "object": {"code": 410, "reason": "Expired", "message": "too old"}}
    later = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "7"}}}
    server.watches.put_nowait([expired])
    server.watches.put_nowait([expired] if noted else [later, expired])
    told: list[str] = []
    informer = Informer(client, PODS)
    informer.add_handler(lambda change: told.append(type(change).__name__))
    informer.on_rewind(lambda: told.append("rewind"))
    running = asyncio.create_task(informer.run())
    await informer.wait_synced(5)
    if noted:
        # Such as the answer to a write of our own, whose event was never sent.
        informer.note("7")
    async with asyncio.timeout(5):
        while len(told) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert told == ["Added", "rewind", "Updated"]


async def test_a_list_that_was_asked_for_before_a_write_is_no_older_copy(client: Client) -> None:
    informer = Informer(client, PODS)
    rewound: list[bool] = []
    informer.on_rewind(lambda: rewound.append(True))

    async def slow_list(*arguments: object, **options: object) -> dict[str, object]:
        informer.note("9")
        return {"metadata": {"resourceVersion": "5"}, "items": []}

    client.list = slow_list  # type: ignore[assignment,method-assign]
    await informer._take_list()
    assert not rewound
    await informer._take_list()
    assert rewound


async def test_equal_events_are_counted_in_one_object(server: Server, client: Client) -> None:
    server.lists = [{}, {}]
    recorder = EventRecorder(client, "scheduler")
    pod = {"apiVersion": "v1", "kind": "Pod", **_pod("a", "1")}
    recorder.event(pod, "Warning", "FailedScheduling", "no device")
    recorder.event(pod, "Warning", "FailedScheduling", "no device")
    await recorder.flush(5)
    (first, second) = server.requests
    assert (first[0], second[0], second[3]["count"]) == ("POST", "PATCH", 2)
    assert second[1].endswith(first[3]["metadata"]["name"])
    assert first[3]["involvedObject"]["uid"] == "a"


async def test_an_event_says_no_more_than_a_person_reads(server: Server, client: Client) -> None:
    server.lists = [{}, {}]
    recorder = EventRecorder(client, "kubelet")
    for end in "ab":
        recorder.event(
            {"apiVersion": "v1", "kind": "Pod", **_pod("a", "1")}, "Warning", "Failed", "x" * 5_000_000 + end
        )
    await recorder.flush(5)
    first, second = server.requests
    assert len(first[3]["message"]) == 10 * 1024 and first[3]["message"].endswith("...")
    # What would read the same is one event.
    assert second[0] == "PATCH" and len(repr(recorder._seen)) < 20_000
