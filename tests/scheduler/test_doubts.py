"""Which writes may still be stored."""

from __future__ import annotations

import asyncio

import pytest

from drakkar.api.object import Object, Uid
from drakkar.client import UnansweredError
from drakkar.scheduler.doubts import Doubts


def lost_at(version: str) -> Doubts:
    doubts = Doubts()

    async def unanswered() -> Object:
        raise UnansweredError("lost")

    with pytest.raises(UnansweredError):
        asyncio.run(doubts.send(Uid("u"), version, unanswered()))
    return doubts


# What Python counts as digits and does not read, or not so many of, is only known to differ.
@pytest.mark.parametrize("version", ["10", "\u00b2", "\u0661", "1" * 5000])
def test_a_write_is_void_once_the_object_is_known_to_be_elsewhere(version: str) -> None:
    doubts = lost_at("9")
    assert doubts.hangs_on(Uid("u"), "9")
    doubts.dispel(Uid("u"), version)
    assert Uid("u") not in doubts


@pytest.mark.parametrize("version", ["8", "9"])
def test_a_write_may_come_as_long_as_its_version_is_not_past(version: str) -> None:
    doubts = lost_at("9")
    doubts.dispel(Uid("u"), version)
    assert Uid("u") in doubts
