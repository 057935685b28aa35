"""Expressions once more, with the device, its domains or one of them read through a name that a macro gives it."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Final

_NAME: Final = "named"
# What is named, and what may stand between it and its name.
_WHOLE: Final = ("device", "device.attributes", "device.capacity")
_DOMAIN: Final = re.compile(r"device\.(?:attributes|capacity)\[(['\"])[a-z.]+\1\]")
_WAYS: Final[tuple[Callable[[str, str], str], ...]] = (
    lambda what, body: f"cel.bind({_NAME},{what},{body})",
    lambda what, body: f"cel.bind({_NAME},dyn({what}),{body})",
    lambda what, body: f"cel.bind({_NAME},[{what}][0],{body})",
    lambda what, body: f"cel.bind({_NAME},device.driver==''?{what}:{what},{body})",
    lambda what, body: f"[{what}].map({_NAME},{body})[0]",
    lambda what, body: f"[1].map(once,cel.bind({_NAME},{what},{body}))[0]",
    lambda what, body: f"optional.of({what}).optMap({_NAME},{body}).value()",
    lambda what, body: f"{{'k':{what}}}.transformMap(key,{_NAME},{body})['k']",
)


def through_a_name(text: str, rng: Random) -> str:
    """The expression with something of the device named; as it is, if it does not ask for any."""
    domain = _DOMAIN.search(text)
    there = [what for what in _WHOLE if re.search(rf"(?<![\w.]){re.escape(what)}\b", text)]
    choices = there + ([domain[0]] if domain else [])
    if not choices:
        return text
    what = rng.choice(choices)
    body = re.sub(rf"(?<![\w.]){re.escape(what)}(?!\w)", _NAME, text)
    return rng.choice(_WAYS)(what, body)
