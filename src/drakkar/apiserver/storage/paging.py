"""Lists: which revision they show, and the pages that a limit cuts them into, all from one snapshot."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.storage.errors import HistoryGoneError
from drakkar.apiserver.storage.selection import Match, everything
from drakkar.apiserver.storage.shelf import ordered
from drakkar.apiserver.storage.store import Store
from drakkar.validation.field_error import FieldError


@dataclass(frozen=True, slots=True)
class ListOptions:
    """The parameters of a list; `version` is None when the client names none."""

    limit: int = 0
    token: str = ""
    version: int | None = None
    version_match: str = ""


class _Token(msgspec.Struct):
    """Where a list goes on: the snapshot's revision (0 for none), and the last key that was sent."""

    revision: int
    namespace: str
    name: str

    def encode(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")


def _decode(token: str) -> _Token:
    try:
        padded = token + "=" * (-len(token) % 4)
        return msgspec.json.decode(base64.urlsafe_b64decode(padded), type=_Token)
    except (ValueError, msgspec.MsgspecError) as failure:
        raise errors.bad_request(f"invalid continue token: {failure}") from None


def check(options: ListOptions, revision: int) -> None:
    """Refuse options that contradict each other, or that ask for a revision that is not there yet."""
    match, version = options.version_match, options.version
    if match not in ("", "Exact", "NotOlderThan"):
        cause = FieldError.unsupported("resourceVersionMatch", match, ["Exact", "NotOlderThan"])
        raise errors.bad_option("ListOptions", cause)
    if match and version is None and not options.token:
        detail = "resourceVersionMatch is forbidden unless resourceVersion is provided"
        raise errors.bad_option("ListOptions", FieldError.forbidden("resourceVersionMatch", detail))
    if match and options.token:
        detail = "resourceVersionMatch is forbidden when continue is provided"
        raise errors.bad_option("ListOptions", FieldError.forbidden("resourceVersionMatch", detail))
    if match == "Exact" and version == 0:
        detail = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
        raise errors.bad_option("ListOptions", FieldError.forbidden("resourceVersionMatch", detail))
    if version is not None and version > revision and not options.token:
        raise errors.future(version, revision)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a list is made of, from one moment; nothing that is done with it needs the store any more."""

    objects: dict[tuple[str, str], Object]
    revision: int
    after: tuple[str, str] | None
    options: ListOptions

    @property
    def limit(self) -> int:
        """So many objects are on a page; 0 for all."""
        options = self.options
        return 0 if options.version == 0 and not options.token else options.limit

    def candidates(self, namespace: str | None) -> list[Object]:
        """The objects that may be on the page, in their order."""
        found = ordered(self.objects, namespace)
        return found if self.after is None else [obj for obj in found if _place(obj) > self.after]

    def page(self, kind: Kind, namespace: str | None, match: Match) -> Object:
        """The list, or one page of it. `kind` is the kind as it is stored; items are the stored objects."""
        found = [obj for obj in self.candidates(namespace) if match(obj)]
        meta: Object = {"resourceVersion": str(self.revision)}
        limit = self.limit
        if limit and len(found) > limit:
            left = len(found) - limit
            found = found[:limit]
            meta["continue"] = _Token(self.revision, *_place(found[-1])).encode()
            if match is everything:
                meta["remainingItemCount"] = left
        return {
            "kind": f"{kind.kind}List",
            "apiVersion": kind.api_version,
            "metadata": meta,
            "items": found,
        }

    def of(self, objects: Iterable[Object]) -> Snapshot:
        """The same moment, with these in the place of its objects."""
        return dataclasses.replace(self, objects={_place(obj): obj for obj in objects})


def snapshot(store: Store, kind: Kind, options: ListOptions) -> Snapshot:
    """What the options ask for; raises StatusError. `kind` is the kind as it is stored."""
    current = store.readable(kind.resource)
    check(options, current)
    revision, after = current, None
    if options.token:
        token = _decode(options.token)
        if options.version:
            raise errors.bad_request("specifying resource version is not allowed when using continue")
        revision, after = token.revision or current, (token.namespace, token.name)
    elif options.version_match == "Exact" or (
        options.limit and options.version and not options.version_match
    ):
        revision = options.version or revision
    try:
        if revision > current:
            raise HistoryGoneError(revision)
        objects = store.snapshot(kind.resource, revision)
    except HistoryGoneError:
        raise _gone(options, after) from None
    return Snapshot(objects, revision, after, options)


def _gone(options: ListOptions, after: tuple[str, str] | None) -> errors.StatusError:
    if after is None:
        return errors.expired("The resourceVersion for the provided list is too old.")
    failure = errors.expired(
        "The provided continue parameter is too old to display a consistent list result. "
        "Start a new list without it, or go on with the continue token of this answer for a list that may be "
        "inconsistent."
    )
    failure.status["metadata"]["continue"] = _Token(0, *after).encode()
    return failure


def _place(obj: Object) -> tuple[str, str]:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
