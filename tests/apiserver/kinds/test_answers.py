"""What the original says of objects of many kinds, new and changed, is what ours says: as it was recorded."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient
from upstream.object_answers import Change, Creation, answered, key, recorded, said
from upstream.rule_cases import CASES, differs
from upstream.two_servers import Answer, answer_of

from drakkar.apiserver.http.app import build_app
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.store import Store
from drakkar.testing.open_gate import OpenGate

RECORDED = recorded()


class Ours:
    """A server without a network, as the tests of both servers ask it."""

    def __init__(self) -> None:
        self._client = TestClient(build_app(Rest(Store(), registry()), OpenGate()))
        for path, name in (
            ("/api/v1/namespaces", "default"),
            ("/api/v1/namespaces/default/serviceaccounts", "default"),
        ):
            assert self._client.post(path, json={"metadata": {"name": name}}).status_code == 201

    async def ask(self, verb: str, path: str, obj: Any = None) -> Answer:
        """What the server says."""
        response = self._client.request(verb, path, json=obj)
        return answer_of(response.status_code, response.text, response.headers.get_list("warning"))


@pytest.fixture(scope="module")
def ours() -> Ours:
    return Ours()


@pytest.mark.parametrize("case", CASES, ids=key)
async def test_an_answer(ours: Ours, case: Creation | Change) -> None:
    answer = said(await answered(ours, case))
    assert (answer == RECORDED[key(case)]) is not differs(key(case)), (answer, RECORDED[key(case)])


def test_all_that_is_recorded_is_asked() -> None:
    assert {key(case) for case in CASES} == set(RECORDED)
