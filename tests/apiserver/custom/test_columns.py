"""Columns of custom kinds: what a row looks at and tells is bounded, and made beside the loop where it may be much."""

from __future__ import annotations

import asyncio
import datetime
import threading
import time
from typing import Any

import pytest
from work_units import work

from drakkar.apiserver import beside
from drakkar.apiserver.custom.columns import layout
from drakkar.apiserver.custom.simple_path import PathError, parsed
from drakkar.apiserver.http import answers
from drakkar.testing import MemoryApi

from .samples import THINGS, define, thing, version

Object = dict[str, Any]
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
FREE: Object = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def column(path: str, kind: str = "string", name: str = "c") -> Object:
    """A printer column."""
    return {"name": name, "type": kind, "jsonPath": path}


def cells(obj: Object, *columns: Object) -> list[Any]:
    """The cells of an object's row."""
    return layout(list(columns)).cells(obj, NOW)


def seconds(obj: Object, *columns: Object) -> float:
    """Of this thread's time, for one row."""
    began = time.thread_time()
    cells(obj, *columns)
    return time.thread_time() - began


def deep(depth: int, width: int) -> Object:
    """An object of that many fields `a`, one in the other, above a long list."""
    made: Any = {"l": [1] * width}
    for _ in range(depth):
        made = {"a": made}
    return {"spec": made}


def test_looking_anywhere_again_and_again_is_bounded() -> None:
    few = min(seconds(deep(30, 50_000), column("..l")) for _ in range(3))
    assert seconds(deep(30, 50_000), column("..a..a..a..z")) < 20 * few + 0.2
    assert seconds(deep(30, 50_000), *[column("..a..a..a..z")] * 50) < 60 * few + 0.4


def test_the_first_of_many_is_found_without_a_look_at_the_others() -> None:
    assert cells(
        deep(30, 1_000_000), column(".spec..a..a", "integer"), column(".spec.a.a..l[3]", "integer")
    ) == [None, 1]
    items = [{"n": number, "s": "x"} for number in range(1_000_000)]
    assert cells({"i": items}, column(".i[?(@.n>5)].n", "integer"), column(".i[*].s")) == [6, "x"]


def test_a_row_tells_so_much_and_says_where_it_does_not() -> None:
    large = {"spec": {"l": [1] * 400_000}, "small": {"a": "x"}}
    assert cells(large, column(".spec"), column(".small"), column(".small.a")) == [
        "<too long>",
        '{"a":"x"}',
        "x",
    ]
    assert cells({"spec": {"l": [1] * 10_000}}, column(".spec"))[0].startswith('{"l":[1,1')
    # Many columns tell no more than a few.
    row = cells({"spec": "x" * 60_000}, *[column(".spec")] * 1_000)
    assert sum(map(len, row)) < 1 << 18
    assert (len(row[0]), row[-1]) == (60_000, "<too long>")


def test_conditions_are_read_in_no_time_and_not_too_deep() -> None:
    with work() as done, pytest.raises(PathError):
        parsed(".a[?(@" + "\\" * 2_000 + "=x)]")
    assert done.units < 100
    with pytest.raises(PathError):
        parsed("[?(@" * 600 + ")]" * 600)


async def test_a_table_of_one_object_is_made_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    api = MemoryApi()
    made_by: list[str] = []
    shaped = answers.shaped

    def noted(*arguments: Any) -> Object:
        made_by.append(threading.current_thread().name)
        return shaped(*arguments)

    await define(api, version(spec=FREE, additionalPrinterColumns=[column("..a..a")]))
    await api.request("POST", THINGS, json=thing(spec={"a": {"a": 1}}))
    monkeypatch.setattr(answers, "shaped", noted)
    assert (await api.request("GET", f"{THINGS}/one", headers=TABLE))["rows"][0]["cells"] == ["one", "1"]
    assert (await api.request("GET", THINGS, headers=TABLE))["rows"][0]["cells"] == ["one", "1"]
    assert made_by == ["heavy", "heavy"]
    assert layout([column("..a")]).weight > beside.LIGHT
    assert layout([column(".spec.a")]).weight < beside.LIGHT
    await asyncio.sleep(0)
    await api.aclose()
