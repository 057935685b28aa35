"""What the audit log has of the bodies that requests bring: what was read of them, before anything comes of it."""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from starlette.requests import Request

from drakkar.api.object import Object
from drakkar.apiserver import beside, errors
from drakkar.apiserver.audit.record import Record
from drakkar.apiserver.http.audited import record_of
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.resources.write_options import WriteOptions, fitted

_LOGGER = logging.getLogger(__name__)


class SentObject:
    """An object that a request brought; a context in which something is done with it, after which it is told.

    What was read of it is told with its defaults. Of what could not be read as an object of its kind nothing is told.
    """

    def __init__(self, request: Request, rest: Rest, kind: Kind, obj: Object, options: WriteOptions) -> None:
        self._record = record_of(request.scope)
        self._rest, self._kind, self._obj, self._options = rest, kind, obj, options

    async def __aenter__(self) -> None:
        return

    async def __aexit__(self, failed: type[BaseException] | None, *_: object) -> None:
        record = self._record
        if record is None:
            return
        if failed is not None or record.wants_request:
            try:
                body = await beside.call(self._options.weight, self._read)
            except Exception:
                # What becomes of the request is told; of what it brought the log says that it is not.
                _LOGGER.exception("a body is not in the audit log")
                return
            if body is None:
                return
            record.sent(body)
        self._refer(record)

    def _read(self) -> bytes | None:
        options = WriteOptions(validation=self._options.validation, duplicates=list(self._options.duplicates))
        try:
            found = fitted(self._kind, self._obj, options)
        except errors.StatusError:
            return None
        return msgspec.json.encode(self._rest.as_read(self._kind, found))

    def _refer(self, record: Record) -> None:
        metadata = self._obj.get("metadata")
        if isinstance(metadata, dict):
            record.refer({key: value for key, value in metadata.items() if isinstance(value, str)})


def note_deletion(request: Request, value: Any) -> None:
    """The options of a deletion, of the version in which upstream has them when they are told."""
    if isinstance(value, dict):
        note_body(request, {**value, "kind": "DeleteOptions", "apiVersion": "meta.k8s.io/__internal"})


def note_body(request: Request, value: Any) -> None:
    """A patch, as it was sent."""
    record = record_of(request.scope)
    if record is not None and record.wants_request and value is not None:
        record.sent(msgspec.json.encode(value))
