"""Which of an allocation's configs a driver that takes one of them takes for a device."""

from __future__ import annotations

from typing import Any

import pytest
from driver.allocated import allocated, entry, result

from drakkar.driver import AllocatedClaim
from drakkar.driver.config import configured, strict
from drakkar.driver.errors import ConfigError


def read(parameters: Any) -> Any:
    return strict(parameters, "", ("interval",))["interval"]


def taken(claim: AllocatedClaim) -> dict[str, Any]:
    return {device.result.request: config for device, config in configured(claim, read, "Default")}


def test_claim_beats_class() -> None:
    entries = [
        entry("FromClaim", {"interval": "Long"}, ("a",)),
        entry("FromClass", {"interval": "Short"}),
    ]
    claim = allocated([result("a"), result("a/part"), result("b")], entries)
    assert taken(claim) == {"a": "Long", "a/part": "Long", "b": "Short"}


def test_without_a_word_the_default_holds_and_others_drivers_are_not_read() -> None:
    claim = allocated([result("a")], [entry("FromClaim", {"bogus": 1}, driver="other")])
    assert taken(claim) == {"a": "Default"}


def test_each_config_is_decoded_once_for_any_number_of_devices() -> None:
    asked: list[Any] = []

    def counted(parameters: Any) -> Any:
        asked.append(parameters)
        return parameters

    claim = allocated([result("r", f"gpu-{number}") for number in range(32)], [entry("FromClass", 1)] * 3)
    assert [config for _, config in configured(claim, counted, 0)] == [1] * 32
    assert asked == [1, 1, 1]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (entry("FromClaim", {"bogus": 1}), 'unknown field "bogus"'),
        (entry("FromClaim", "text"), "is not an object"),
        # It holds for no device, and is told of all the same.
        (entry("FromClass", "text", ("b",)), "is not an object"),
        (entry("FromClass", None), "is not an object"),
    ],
)
def test_refused(item: Any, message: str) -> None:
    claim = allocated([result("a")], [item, entry("FromClaim", {"interval": "Long"})])
    with pytest.raises(ConfigError, match=message):
        taken(claim)
