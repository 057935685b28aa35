"""All stories told to one control plane at once, each in a namespace of its own and on nodes of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from drakkar.client import Client, ClientError

from . import features, lives, orders
from .masked import end_state
from .stage import LostError, Stage
from .world import Object, World

Tell = Callable[[Stage], Awaitable[None]]
STORIES: dict[str, Tell] = {**dict(orders.stories()), **lives.STORIES, **features.STORIES}
# How many are told at a time.
_AT_ONCE = 40
_NODES = {"out-of-reach": 2}


class Told(NamedTuple):
    """By story its end, and what went wrong in the telling."""

    ends: dict[str, Object]
    lost: dict[str, str]


async def told(client: Client, stories: Mapping[str, Tell] = STORIES) -> Told:
    """Tell them all, and see what is left once nothing changes any more."""
    world = World(client)
    stages = {name: Stage(world, name, _NODES.get(name, 1)) for name in stories}
    nodes = [(node, {"story": stage.name}) for stage in stages.values() for node in stage.nodes]
    ends: dict[str, Object] = {}
    lost: dict[str, str] = {}
    slots = asyncio.Semaphore(_AT_ONCE)

    async def tell(name: str) -> None:
        async with slots:
            try:
                await stages[name].begin()
                await stories[name](stages[name])
            except (LostError, ClientError) as error:
                lost[name] = str(error)
            try:
                await stages[name].quiet(2.5)
            except LostError as error:
                lost.setdefault(name, str(error))
            ends[name] = end_state(stages[name])

    async with world.seen(nodes):
        await asyncio.gather(*map(tell, stories))
    return Told(ends, lost)
