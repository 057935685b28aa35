"""A webhook for tests: a program that listens by TLS and answers as the last part of the path says."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from aiohttp import web

from drakkar.cluster.certificates import Authority, Identity

Object = dict[str, Any]
Review = Object
# What is answered: a status, and a body that is JSON unless it is text.
Answer = tuple[int, Any]
Behaviour = Callable[[Review], Answer]


def response(review: Review, **parts: Any) -> Object:
    """A review that answers another."""
    uid = review["request"]["uid"]
    return {
        "apiVersion": review["apiVersion"],
        "kind": "AdmissionReview",
        "response": {"uid": uid, "allowed": True, **parts},
    }


def patch(*operations: Object) -> Object:
    """The parts of a response that patch."""
    return {"patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(operations).encode()).decode()}


class WebhookProgram:
    """`behaviours` by name, each under a path of its own; `asked` are the reviews that came, in their order, each with its
    path."""

    def __init__(self, directory: Path, behaviours: dict[str, Behaviour], *hosts: str) -> None:
        self.behaviours = behaviours
        self.asked: list[tuple[str, Review]] = []
        authority = Authority(directory / "webhook-pki")
        pair = authority.issue("webhook", Identity("webhook", hosts=("127.0.0.1", *hosts)))
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(pair.certificate, pair.key)
        self.ca_bundle = base64.b64encode(authority.pair.certificate.read_bytes()).decode()
        self.port = 0
        # Something was asked.
        self.called = threading.Event()
        self._released = threading.Event()

    def url(self, name: str) -> str:
        """Where the webhook of that name listens."""
        return f"https://127.0.0.1:{self.port}/{name}"

    def config(self, name: str) -> Object:
        """How it is reached, as a configuration says it."""
        return {"url": self.url(name), "caBundle": self.ca_bundle}

    def release(self) -> None:
        """Let those answer whose names begin with "slow"."""
        self._released.set()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        name = request.path.strip("/")
        review = await request.json()
        self.asked.append((name, review))
        self.called.set()
        if name.startswith("slow"):
            await asyncio.to_thread(self._released.wait)
        status, body = self.behaviours[name](review)
        if isinstance(body, str):
            # Halves of surrogates stand for bytes that are no text.
            text = body.encode(errors="surrogateescape")
            return web.Response(status=status, body=text, content_type="text/plain", charset="utf-8")
        return web.json_response(body, status=status)

    @contextlib.contextmanager
    def running(self) -> Iterator[WebhookProgram]:
        """It listens for the time of the block, on a thread of its own: who asks may block the test's."""
        loop = asyncio.new_event_loop()
        ready, done = threading.Event(), asyncio.Event()

        async def serve() -> None:
            app = web.Application(client_max_size=16 * 1024 * 1024)
            app.router.add_post("/{name}", self._answer)
            runner = web.AppRunner(app, shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self._context)
            await site.start()
            self.port = runner.addresses[0][1]
            ready.set()
            await done.wait()
            await runner.cleanup()

        thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
        thread.start()
        try:
            assert ready.wait(30)
            yield self
        finally:
            self.release()
            loop.call_soon_threadsafe(done.set)
            thread.join(30)
            loop.close()


def webhook(name: str, config: Object, **parts: Any) -> Object:
    """A webhook that is asked about all writes of ConfigMaps with a label of its name."""
    rule = {"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}
    return {
        "name": f"{name}.example.com",
        "clientConfig": config,
        "rules": [rule],
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "objectSelector": {"matchLabels": {"case": name}},
        **parts,
    }
