"""What may have been meant by a key that a device does not have."""

from __future__ import annotations

import re
from typing import Final

from drakkar.cel.check.hints import near
from drakkar.cel.device import DeviceView

_MISSING: Final = re.compile(r"no such key: (.*)", re.DOTALL)


def hint_of_missing(message: str, view: DeviceView) -> str:
    """For a key that a device does not have: what it has instead, and how to ask first."""
    match = _MISSING.fullmatch(message)
    if match is None:
        return ""
    name = match[1]
    for kind, domains in (("attribute", view.attributes), ("capacity", view.capacity)):
        for domain, names in domains.items():
            if name in names:
                return f"the device has {kind} {name} in the domain {domain}"
    meant = near(
        name,
        {
            each
            for domains in (view.attributes, view.capacity)
            for names in domains.values()
            for each in names
        },
    )
    if meant:
        return f"did you mean {meant}? The device has no {name}"
    return f"not every device has {name}: ask first, as with has(x.{name}) or x.?{name}.orValue(...)"
