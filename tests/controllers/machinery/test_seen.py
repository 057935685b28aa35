"""An object beside its struct."""

from __future__ import annotations

import copy

from drakkar.api.core import Named
from drakkar.api.resource import decode
from drakkar.controllers.machinery.seen import Seen


def test_copies_are_plain_for_the_struct_would_not_follow_their_changes() -> None:
    obj = {"metadata": {"name": "a", "labels": {"x": "1"}}, "other": [1]}
    seen = Seen(obj, decode(Named, obj))
    assert seen == obj and seen.it.metadata.labels == {"x": "1"}
    for copied in (copy.copy(seen), copy.deepcopy(seen), {**seen}):
        assert type(copied) is dict and copied == obj
    deep = copy.deepcopy(seen)
    deep["other"].append(2)
    assert seen["other"] == [1]
