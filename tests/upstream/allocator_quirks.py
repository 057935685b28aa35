"""Which quirks of upstream (dra-semantics 12) make the two allocators differ on a case: found out by trying them."""

from __future__ import annotations

from dataclasses import fields, replace

from drakkar.allocator.compat import Quirks

from .allocator_answers import COMPAT, Answer, World

_NONE = Quirks()
# Those that random cases meet often come first, so that they are tried first.
_OFTEN = ("k16", "k4", "k8", "k3", "k6", "k14", "k9", "k1", "k10", "k2", "k7", "k13", "k5")
_NAMES = sorted(
    (field.name for field in fields(Quirks)),
    key=lambda name: _OFTEN.index(name.split("_")[0]) if name.split("_")[0] in _OFTEN else len(_OFTEN),
)


def number(name: str) -> str:
    """K7 for k7_admin_blocks."""
    return name.split("_")[0].upper()


def explanation(world: World, theirs: Answer) -> tuple[str, ...] | None:
    """Numbers of quirks that, and no fewer of which, make our answer upstream's; None if not even all of them do."""
    for name in _NAMES:
        if world.ours(replace(_NONE, **{name: True})).same(theirs):
            return (number(name),)
    quirks = Quirks.of(COMPAT)
    if not world.ours(quirks).same(theirs):
        return None
    # Several together: whichever is not needed goes.
    for name in _NAMES:
        fewer = replace(quirks, **{name: False})
        if world.ours(fewer).same(theirs):
            quirks = fewer
    return tuple(sorted(number(name) for name in _NAMES if getattr(quirks, name)))
