"""What mutating policies may make of a small request: it is counted before it is done, and done beside the event loop."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver import beside
from drakkar.apiserver.policies import evaluation
from drakkar.apiserver.policies.native import Natives
from drakkar.apiserver.wire import decoding
from drakkar.cel.objects.program import Program

from .test_mutating_policies import CONFIGS, Put, apply, created, patch, put, refused

Object = dict[str, Any]
__all__ = ["put"]
TOO_LARGE = "what is to be changed comes to more than 3145728 letters"


def doubled(times: int) -> list[Object]:
    """Variables, the last of which has the first one at 2^times places."""
    made = [{"name": "v0", "expression": "['a', 'a']"}]
    for number in range(1, times + 1):
        before = f"variables.v{number - 1}"
        made.append({"name": f"v{number}", "expression": f"[{before}, {before}]"})
    return made


def value(name: str) -> Object:
    return patch(f"op: 'test', path: '/data', value: variables.{name}")


@pytest.fixture
def on_loop(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many letters were counted on the event loop, by each that counts."""
    counted: list[int] = []
    pay, begin = Natives.pay, Natives.__init__

    def begun(self: Natives, most: int) -> None:
        begin(self, most)
        if not beside.is_aside():
            counted.append(0)

    def paid(self: Natives, letters: int) -> None:
        pay(self, letters)
        if not beside.is_aside():
            counted[-1] += letters

    monkeypatch.setattr(Natives, "__init__", begun)
    monkeypatch.setattr(Natives, "pay", paid)
    return counted


def test_values_that_stand_at_many_places_are_worked_out_beside_the_loop(
    client: TestClient, put: Put, on_loop: list[int]
) -> None:
    put("p", value("v14"), variables=doubled(14))
    created(client)
    assert on_loop and max(on_loop) <= beside.LIGHT
    put("q", value("v40"), variables=doubled(40))
    assert TOO_LARGE in refused(client, metadata={"name": "y"})["message"]
    assert max(on_loop) <= beside.LIGHT


def test_configurations_are_counted_as_well(client: TestClient, put: Put, on_loop: list[int]) -> None:
    put("p", apply("Object{data: {'a': object.data.a + object.data.a}}"))
    made = created(client, data={"a": "x" * 12_000})
    assert len(made["data"]["a"]) == 24_000
    assert on_loop and max(on_loop) <= beside.LIGHT


def test_what_many_mutations_make_is_looked_at_beside_the_loop(
    client: TestClient, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    fit = decoding.fit

    def fitted(*given: Any) -> Any:
        if not beside.is_aside():
            sizes.append(len(str(given[-1])))
        return fit(*given)

    monkeypatch.setattr(decoding, "fit", fitted)
    put("p", *(apply(f"Object{{data: {{'a{n}': object.data.a}}}}") for n in range(16)))
    made = created(client, data={"a": "x" * 8_000})
    assert len(made["data"]) == 17
    assert sizes and max(sizes) < 2 * beside.LIGHT


@pytest.mark.parametrize("part", ["path", "from"])
def test_paths_count_however_often_the_same_one_is_named(client: TestClient, put: Put, part: str) -> None:
    other = "from: variables.p, path: '/a'" if part == "from" else "path: variables.p"
    op = "copy" if part == "from" else "test"
    expression = f"object.data.n.split(',').map(x, JSONPatch{{op: '{op}', {other}}})"
    put(
        "p",
        {"patchType": "JSONPatch", "jsonPatch": {"expression": expression}},
        variables=[{"name": "p", "expression": "'/' + object.data.p"}],
    )
    answer = client.post(
        CONFIGS, json={"metadata": {"name": "x"}, "data": {"p": "a" * 40_000, "n": ",".join("x" * 200)}}
    )
    assert answer.status_code == 403
    assert TOO_LARGE in answer.json()["message"]


def test_expressions_without_end_are_given_up(
    client: TestClient, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = "object.data.n.split(',')"
    pairs = f"{listed}.map(a, {listed}.filter(b, b == a)).size() > 0"
    put("p", *(apply(f"Object{{data: {{'a{n}': string({pairs})}}}}") for n in range(5)))
    ran: list[float] = []
    run = Program.run

    def noted(self: Program, *given: Any) -> Any:
        ran.append(0)
        return run(self, *given)

    monkeypatch.setattr(Program, "run", noted)
    data = {"n": ",".join("x" * 100)}
    assert len(created(client, data=data)["data"]) == 6
    # The first one is begun on the event loop.
    assert len(ran) == 6
    monkeypatch.setattr(evaluation, "LONGEST", 0.0)
    answer = client.post(CONFIGS, json={"metadata": {"name": "y"}, "data": data})
    assert answer.status_code == 504
    assert len(ran) == 6 + 2
