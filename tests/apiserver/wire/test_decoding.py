"""What Go cannot decode is not taken: one such value would stop every client of Go's that lists what it stands in."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.apiserver.wire.decoding import WrongTypeError, fit

Object = dict[str, Any]


def _budget(value: Any) -> Object:
    return fit("policy", "v1", "PodDisruptionBudget", {"spec": {"minAvailable": value}})[0]


def _replicas(value: Any) -> Object:
    return fit("apps", "v1", "Deployment", {"spec": {"replicas": value}})[0]


def _revision(value: Any) -> Object:
    return fit("apps", "v1", "ControllerRevision", {"revision": value})[0]


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, 2**63, 2**80, 1.0, 1.5, 1e300, True, [], {}])
@pytest.mark.parametrize("make", [_budget, _replicas])
def test_a_number_beyond_32_bits_is_no_integer(make: Any, value: Any) -> None:
    with pytest.raises(WrongTypeError, match="of type int32"):
        make(value)


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 1.0, 1e3, "1"])
def test_a_number_beyond_64_bits_is_no_integer(value: Any) -> None:
    with pytest.raises(WrongTypeError, match="of type int64"):
        _revision(value)


def test_what_just_fits_is_taken() -> None:
    for value in (2**31 - 1, -(2**31), 0):
        assert _budget(value)["spec"] == {"minAvailable": value} and _replicas(value)["spec"]
    assert _budget("99999999999999%")["spec"] == {"minAvailable": "99999999999999%"}
    assert _revision(2**63 - 1) == {"revision": 2**63 - 1}


def test_blanks_around_a_quantity_are_no_part_of_it() -> None:
    def stored(text: str) -> Any:
        return fit("", "v1", "Node", {"status": {"capacity": {"cpu": text}}})[0]["status"]["capacity"]["cpu"]

    assert [stored(text) for text in (" 1", "1000m ")] == ["1", "1"]
    for text in ("1 000", "\t1", "\u00a01", "\x1f1", " "):
        with pytest.raises(WrongTypeError):
            stored(text)
