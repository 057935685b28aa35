"""Sends audit events to a webhook, many at once, as lists of them; what it does not take after some tries is lost."""

from __future__ import annotations

import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drakkar.apiserver.audit.log import Pace
from drakkar.client import kubeconfig
from drakkar.client.kubeconfig import Access

_HEAD: Final = b'{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":['
_PIECE: Final = 10 * 1024 * 1024
_TRIES: Final = 5
_FACTOR: Final = 1.5
# How long it may take to answer.
_SECONDS: Final = 30.0
_TOO_MANY: Final = 429


@dataclass(frozen=True, slots=True)
class Webhook:
    """How it is reached, at which pace, and after how many seconds it is first asked again. As with kube-apiserver, no request
    waits for it."""

    access: Access
    pace: Pace
    backoff: float


def webhook(path: Path, events: int, seconds: float, waiting: int, backoff: float) -> Webhook:
    """The webhook that a kubeconfig names; AccessError where it cannot be read.

    So many `events` are sent at once at most, and one waits so many `seconds` for others; more than `waiting` of them are lost.
    """
    return Webhook(kubeconfig.load(path), Pace(_PIECE, events, seconds, waiting, lossy=True), backoff)


class WebhookOutput:
    """Lists of events on their way to a webhook."""

    name = "webhook"

    def __init__(self, webhook: Webhook) -> None:
        self._webhook = webhook
        self._ending = threading.Event()

    def write(self, lines: Sequence[bytes]) -> None:
        """Send all of them; OSError where the webhook does not take them."""
        body = _HEAD + b",".join(line.rstrip(b"\n") for line in lines) + b"]}"
        pause = self._webhook.backoff
        for left in range(_TRIES - 1, -1, -1):
            try:
                self._send(body)
                return
            except (OSError, http.client.HTTPException) as failure:
                is_final = isinstance(failure, urllib.error.HTTPError) and not _may_pass(failure.code)
                if is_final or not left or self._ending.wait(pause):
                    raise OSError(str(failure)) from None
            pause *= _FACTOR

    def _send(self, body: bytes) -> None:
        access = self._webhook.access
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if access.token:
            headers["Authorization"] = f"Bearer {access.token}"
        request = urllib.request.Request(access.server, body, headers, method="POST")
        with urllib.request.urlopen(request, timeout=_SECONDS, context=access.ssl_context) as answer:
            answer.read(1)

    def hurry(self) -> None:
        """Wait for no further try: the server ends."""
        self._ending.set()

    def close(self) -> None:
        """There is nothing to close."""


def _may_pass(code: int) -> bool:
    return code >= 500 or code == _TOO_MANY
