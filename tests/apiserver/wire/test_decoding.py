"""What Go cannot decode is not taken: one such value would stop every client of Go's that lists what it stands in."""

from __future__ import annotations

import time
from typing import Any

import pytest
from work_units import unit

from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.wire import body, large_numbers
from drakkar.apiserver.wire.decoding import WrongTypeError, fit
from drakkar.apiserver.wire.protobuf import MAGIC

from .test_protobuf import b as field

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


@pytest.mark.parametrize(
    "number", ["9" * 309, "-" + "9" * 400, "1" + "0" * 4_000, "1" + "0" * 5_000, "1e400"]
)
def test_a_number_that_is_no_float_is_not_taken_wherever_it_stands(number: str) -> None:
    for text in (f'{{"spec":{{"x":[{number}]}}}}', f'[{{"op":"add","path":"/x","value":{number}}}]'):
        for media in (body.JSON, "application/json-patch+json", "application/merge-patch+json"):
            with pytest.raises(StatusError) as refused:
                body.decode(media, text.encode())
            assert refused.value.code == 400
    # In YAML figures beyond all numbers are a text.
    assert body.decode(body.YAML, f"a: {number}".encode()).value == {"a": number}
    raw = field(1, f'{{"x":{number}}}')
    revision = MAGIC + field(1, field(1, "apps/v1"), field(2, "ControllerRevision")) + field(2, field(2, raw))
    with pytest.raises(StatusError) as refused:
        body.decode(body.PROTOBUF, revision)
    assert refused.value.code == 400


def test_figures_in_strings_and_numbers_that_are_floats_are_taken() -> None:
    text = f'{{"a":"{"9" * 5_000}","b":{"9" * 308},"{"8" * 400}":1}}'
    assert body.decode(body.JSON, text.encode()).value["b"] == int("9" * 308)


def test_many_figures_are_looked_at_once() -> None:
    def seconds(size: int) -> float:
        raw = (b"9" * 308 + b" ") * (size // 309)
        began = time.process_time()
        assert not large_numbers.may_be_too_large(raw)
        return time.process_time() - began

    assert min(seconds(3_000_000) for _ in range(3)) < 20 * min(seconds(300_000) for _ in range(3)) + 0.01
    assert min(seconds(3_000_000) for _ in range(3)) < 30 * unit()
