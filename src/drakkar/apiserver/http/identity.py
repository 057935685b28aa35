"""The ids of requests, which their answers, the log and the audit log name."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator

from starlette.types import Scope

HEADER = b"audit-id"
# Where a request's scope has its id.
IDENTITY = "drakkar.request_id"


def given(scope: Scope) -> bytes:
    """The id that the client chose, as with the original, or a new one."""
    for name, value in scope["headers"]:
        if name == HEADER and value and value.isascii() and value.decode("ascii").isprintable():
            return bytes(value)
    return next(_ids)


def _new_ids() -> Iterator[bytes]:
    """Ids of the form of a UUID: random for the process, and counted within it, which costs less than chance."""
    start = str(uuid.uuid4())[:24]
    for number in itertools.count(1):
        yield f"{start}{number:012x}".encode()


_ids = _new_ids()
