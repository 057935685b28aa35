"""Claim, class, slice and pod made in every order, and taken away in every order."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Iterator

from drakkar.client.resources import (
    DEVICECLASSES,
    PODS,
    RESOURCECLAIMS,
    RESOURCECLAIMTEMPLATES,
    RESOURCESLICES,
)

from .stage import Stage

Tell = Callable[[Stage], Awaitable[None]]
# So long nothing happens before the next step: whoever acts on the last one has begun.
_PAUSE_S = 1.2
_LETTERS = {"class": "k", "slice": "s", "claim": "c", "pod": "p"}


def _making(stage: Stage, template: bool) -> dict[str, Callable[[], Awaitable[None]]]:
    return {
        "class": stage.device_class,
        "slice": stage.slice,
        "claim": stage.template if template else stage.claim,
        "pod": lambda: stage.pod(templates=("t",)) if template else stage.pod(claims=("c",)),
    }


def _missed(there: set[str], template: bool) -> tuple[str, str] | None:
    """What an event says of what the pod lacks, its reason and a part of its words; None where nothing is said."""
    if "pod" not in there or len(there) == 4:
        return None
    if "claim" not in there:
        return ("FailedResourceClaimCreation", "not found") if template else None
    return "FailedScheduling", "cannot allocate all claims" if "class" in there else "does not exist"


def _told(stage: Stage, reason: str, words: str) -> bool:
    return any(words in message for message in stage.told("p", reason))


def _made(order: tuple[str, ...], template: bool) -> Tell:
    async def tell(stage: Stage) -> None:
        making, there = _making(stage, template), set[str]()
        for what in order:
            await making[what]()
            there.add(what)
            if reason := _missed(there, template):
                await stage.until(lambda reason=reason: _told(stage, *reason), f"{reason}")
            else:
                await stage.quiet(_PAUSE_S)
        await stage.bound()

    return tell


def _taken(order: tuple[str, ...], template: bool) -> Tell:
    async def tell(stage: Stage) -> None:
        for make in _making(stage, template).values():
            await make()
        await stage.bound()
        await stage.run()
        taking: dict[str, Callable[[], Awaitable[None]]] = {
            "class": lambda: stage.delete(DEVICECLASSES, stage.class_name),
            "slice": lambda: stage.delete(RESOURCESLICES, stage.nodes[0]),
            "claim": lambda: stage.delete(
                *((RESOURCECLAIMTEMPLATES, "t") if template else (RESOURCECLAIMS, "c"))
            ),
            "pod": stage.gone,
        }
        for what in order:
            await taking[what]()
            await stage.quiet(_PAUSE_S)
        await stage.away(PODS, "p")
        await stage.until(lambda: not stage.claims_of(), "the pod's claims to go")
        if not template:
            await stage.away(RESOURCECLAIMS, "c")

    return tell


def _taken_while_pending(order: tuple[str, ...], template: bool) -> Tell:
    async def tell(stage: Stage) -> None:
        making = _making(stage, template)
        # There is no slice, so that the pod waits.
        for what in ("class", "claim", "pod"):
            await making[what]()
        await stage.refused()
        for what in order:
            if what == "pod":
                await stage.delete(PODS, "p")
            else:
                await stage.delete(*((RESOURCECLAIMTEMPLATES, "t") if template else (RESOURCECLAIMS, "c")))
            await stage.quiet(_PAUSE_S)
        await stage.until(lambda: not stage.claims_of(), "the pod's claims to go")

    return tell


def stories() -> Iterator[tuple[str, Tell]]:
    """By what happens in which order."""
    things = ("class", "slice", "claim", "pod")
    for number, order in enumerate(itertools.permutations(things)):
        letters = "".join(_LETTERS[one] for one in order)
        yield f"made-{letters}", _made(order, template=False)
        if number % 2 == 0:
            yield f"made-t-{letters}", _made(order, template=True)
            yield f"taken-{letters}", _taken(order, template=False)
        if number % 4 == 0:
            yield f"taken-t-{letters}", _taken(order, template=True)
    for template in (False, True):
        for order in itertools.permutations(("claim", "pod")):
            name = f"waits-{'t-' if template else ''}{order[0]}"
            yield name, _taken_while_pending(order, template)
