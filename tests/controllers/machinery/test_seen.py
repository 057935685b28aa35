"""An object beside its struct."""

from __future__ import annotations

from typing import Any

from drakkar.api.core import Named
from drakkar.api.object import ObjectKey
from drakkar.api.resource import decode
from drakkar.controllers.machinery.seen import Seen


def of(**metadata: Any) -> Seen[Named]:
    obj = {"metadata": {"name": "a", **metadata}, "other": [1], "status": {"x": 1}}
    return Seen(obj, decode(Named, obj))


def test_what_is_written_is_not_what_is_shared() -> None:
    seen = of(labels={"x": "1"})
    changed = seen.copy()
    changed["other"].append(2)
    assert seen.obj["other"] == [1] and changed["other"] == [1, 2]
    with_status = seen.with_parts(status={"x": 2})
    assert with_status == {**seen.obj, "status": {"x": 2}} and seen.obj["status"] == {"x": 1}
    assert with_status["other"] is seen.obj["other"]


def test_what_names_it_and_what_it_lacks() -> None:
    bare = of()
    assert (bare.key, bare.uid, bare.version, bare.is_deleting) == (ObjectKey("", "a"), "", 0, False)
    whole = of(namespace="n", uid="u", resourceVersion="12", deletionTimestamp="2026-01-01T00:00:00Z")
    assert (whole.key, whole.uid, whole.version, whole.is_deleting) == (ObjectKey("n", "a"), "u", 12, True)
    assert of(resourceVersion="x").version == 0
