"""A list of custom objects that a webhook converts: no more of them than its page takes."""

from __future__ import annotations

import time
from typing import Final

from drakkar.api.object import Object
from drakkar.apiserver import beside
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.resources.converting import Converting
from drakkar.apiserver.storage.paging import Snapshot
from drakkar.apiserver.storage.selection import Match, everything
from drakkar.apiserver.webhooks.conversion import LONGEST

# So many are looked at at a time where only some of them match.
_STEP: Final = 500
# The work of putting one in its place.
_OBJECT: Final = 16


async def converted_page(
    converting: Converting, kind: Kind, namespace: str | None, snapshot: Snapshot, match: Match
) -> Snapshot:
    """The snapshot with the objects of its page in the version of the kind, and those that come after as they are stored;
    StatusError. Whether one matches is asked of it as the client sees it."""
    found = await beside.call(len(snapshot.objects) * _OBJECT, snapshot.candidates, namespace)
    limit = snapshot.limit
    if not limit:
        return snapshot.of(await converting.read(kind, found))
    made: list[Object] = []
    # Where all match, it is known without a look whether there are more.
    wanted, step = (limit, limit) if match is everything else (limit + 1, _STEP)
    matching, until = 0, time.monotonic() + LONGEST
    while matching < wanted and len(made) < len(found):
        part = await converting.read(kind, found[len(made) : len(made) + step], until)
        matching += await beside.call(len(part) * _OBJECT, _count, part, match)
        made += part
    return snapshot.of([*made, *found[len(made) :]])


def _count(objects: list[Object], match: Match) -> int:
    return sum(map(match, objects))
