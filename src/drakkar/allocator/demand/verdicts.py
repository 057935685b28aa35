"""What selectors say of devices, asked once for all devices that are the same in what the selector reads.

A cluster has many devices and few kinds of them: most differ only in what hardly any selector looks at, such as a serial
number. Equal parts of devices are one object (see sharing), so that comparing devices is comparing identities.
"""

from __future__ import annotations

from typing import Final

from drakkar.allocator.demand.effort import Effort
from drakkar.allocator.demand.reading import Reading
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.supply.inventory import SliceEntry
from drakkar.cel import CompileError, EvalError, Selector, compile

# Selectors on what differs from device to device have as many answers as devices; past this many, they are forgotten.
_REMEMBERED: Final = 16_384
Verdict = bool | EvalError
Key = tuple[int, ...]


class _Asked:
    """One selector and the answers so far, for the devices of one driver."""

    __slots__ = ("answers", "reading", "selector")

    def __init__(self, selector: Selector, driver: str) -> None:
        self.selector = selector
        self.reading = Reading(driver, [selector.projection])
        # What was compared by identity is kept, so that no other object takes its place.
        self.answers: dict[Key, tuple[Verdict, list[object]]] = {}


class Verdicts:
    """Answers by selector; `multiple_counts` is whether selectors see that a device is shared, `effort` what they may cost."""

    def __init__(self, multiple_counts: bool = True, effort: Effort | None = None) -> None:
        self._multiple_counts = multiple_counts
        self._effort = Effort() if effort is None else effort
        self._asked: dict[tuple[str, str], _Asked] = {}

    def of(self, entry: SliceEntry, expression: str) -> tuple[int, int]:
        """The devices of a slice for which the selector is true and those on which it fails, as bits by position."""
        selector = compile(expression)
        if isinstance(selector, CompileError):
            return 0, (1 << len(entry.devices)) - 1
        driver = entry.slice.spec.driver
        asked = self._asked.get((expression, driver))
        if asked is None or asked.selector is not selector:
            asked = self._asked[expression, driver] = _Asked(selector, driver)
        true = failed = 0
        low = 1
        for device in entry.devices:
            verdict = self._verdict(asked, device, entry.readable)
            if verdict is True:
                true |= low
            elif verdict is not False:
                failed |= low
            low <<= 1
        return true, failed

    def _verdict(self, asked: _Asked, device: DeviceEntry, readable: bool) -> Verdict:
        read = asked.reading.of(device.device) if asked.reading.narrow and readable else None
        if read is None:
            if self._effort.left is None:
                return asked.selector.matches(device.view(self._multiple_counts))
            # Whoever is kept from going on is to get further the next time.
            read = [device.device]
        key = tuple(map(id, read))
        known = asked.answers.get(key)
        if known is None:
            if len(asked.answers) >= _REMEMBERED:
                asked.answers.clear()
            self._effort.take(asked.selector)
            known = asked.selector.matches(device.view(self._multiple_counts)), read
            asked.answers[key] = known
        return known[0]
