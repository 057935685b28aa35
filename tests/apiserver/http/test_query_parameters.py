"""Query parameters that are no numbers, no times or beyond all measure are refused as the original refuses them, and none
is a failure of the server's."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.datastructures import QueryParams

from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.resources.deletion import _period
from drakkar.apiserver.resources.log_parameters import log_query

from ..callers import MASTER, Server, new_server

PODS = "/api/v1/namespaces/a/pods"
NO_NUMBERS = ["", "1_0", " 5", "5 ", "٣", "²", "1e3", "0x10", "1.0", "abc", "9223372036854775808", "9" * 5000]
SPEC = {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]}


@pytest.fixture
async def server(tmp_path: Path) -> Server:
    made = await new_server(tmp_path)
    made.make("/api/v1/nodes", {"metadata": {"name": "n"}})
    return made


def _code(server: Server, method: str, query: str, path: str = PODS, **headers: str) -> int:
    code: int = server.asks(MASTER, method, f"{path}?{quote(query, safe='=&')}", **headers).status_code
    return code


def test_what_is_no_number_is_refused(server: Server) -> None:
    server.make(PODS, {"metadata": {"name": "p"}, "spec": SPEC})
    for text in NO_NUMBERS:
        for query in (f"limit={text}", f"timeoutSeconds={text}", f"watch=1&limit={text}"):
            assert _code(server, "GET", query) == 400, query
        assert _code(server, "DELETE", f"gracePeriodSeconds={text}&dryRun=All", f"{PODS}/p") == 400, text
    for text in ("abc", "-1", "+5", "1_0", "9" * 5000):
        assert _code(server, "GET", f"resourceVersion={text}") == 400, text
    for query in (
        "limit=-1",
        "limit=+5",
        "limit=007",
        "timeoutSeconds=9223372036854775807",
        "resourceVersion=0",
    ):
        assert _code(server, "GET", query) == 200, query
    assert _code(server, "GET", "watch=1&continue=x") == 422
    assert _code(server, "GET", "continue=x&resourceVersion=5") == 400


@pytest.mark.parametrize("grace", [10**11, 10**14, 2**62, 2**63 - 1, -(2**63)])
def test_a_grace_period_beyond_all_measure(server: Server, grace: int) -> None:
    for way in ("query", "body", "spec"):
        name = f"p-{way}"
        spec = (
            {**SPEC, "terminationGracePeriodSeconds": min(abs(grace), 2**63 - 1)} if way == "spec" else SPEC
        )
        server.make(PODS, {"metadata": {"name": name}, "spec": spec})
        path = f"{PODS}/{name}"
        answers = [
            server.asks(
                MASTER,
                "DELETE",
                f"{path}?gracePeriodSeconds={seconds}" if way == "query" else path,
                {"gracePeriodSeconds": seconds} if way == "body" else None,
            )
            for seconds in (grace, 5)
        ]
        assert [one.status_code for one in answers] == [200, 200], answers[0].text
        assert "deletionTimestamp" in answers[0].json()["metadata"]


def test_go_counts_time_in_64_bits() -> None:
    assert _period(30).total_seconds() == 30 and _period(0).total_seconds() == 0
    assert _period(2**63 - 1).total_seconds() == -1
    assert all(abs(_period(10**power).days) < 107_000 for power in range(19))


@pytest.mark.parametrize("ports", ["²", "٣", "9" * 5000, "", "80,", "-1", "70000", "+80", " 80"])
def test_a_port_that_is_none(server: Server, ports: str) -> None:
    from drakkar.apiserver.resources import proxy

    with pytest.raises(StatusError) as refused:
        proxy.connect_options(QueryParams([("ports", ports)]), "portforward")
    assert refused.value.code == 400
    assert proxy.connect_options(QueryParams("ports=80,81&ports=0"), "portforward")["ports"] == [80, 81, 0]


def test_the_parameters_of_a_log() -> None:
    def asked(text: str) -> dict[str, str]:
        return log_query(QueryParams(text), "p")

    def code(text: str) -> int:
        with pytest.raises(StatusError) as refused:
            asked(text)
        return refused.value.code

    assert asked("timestamps=0&tailLines=%2B5&follow=&container=c&x=y") == {
        "follow": "true",
        "tailLines": "5",
    }
    assert list(asked("tailLines=0&sinceTime=2020-01-01T01:00:00%2B01:00&limitBytes=1").items()) == [
        ("limitBytes", "1"),
        ("sinceTime", "2020-01-01T00:00:00Z"),
        ("tailLines", "0"),
    ]
    for field in ("tailLines", "limitBytes", "sinceSeconds"):
        assert {code(f"{field}={quote(text)}") for text in NO_NUMBERS} == {400}
        assert code(f"{field}=-1") == 422
    assert code("sinceTime=x") == 400
    assert [code(one) for one in ("stream=All", "sinceSeconds=1&sinceTime=", "limitBytes=0")] == [422] * 3


def test_media_types_that_are_none(server: Server) -> None:
    made: Any = {"metadata": {"name": "c"}}
    maps = "/api/v1/namespaces/a/configmaps"
    for media, code in (
        ("application/json;x", 415),
        ("application/json;=x", 415),
        ("application/json;x=", 415),
        ("application/json;charset=utf-8", 201),
        ('application/json; a="b c";', 201),
    ):
        answer = server.asks(MASTER, "POST", f"{maps}?dryRun=All", made, **{"content-type": media})
        assert answer.status_code == code, media
    for name, path, code in (
        ("PartialObjectMetadata", PODS, 406),
        ("PartialObjectMetadataList", PODS, 200),
        ("PartialObjectMetadata", "/api/v1/namespaces/a", 200),
        ("PartialObjectMetadataList", "/api/v1/namespaces/a", 406),
    ):
        accept = f"application/json;as={name};v=v1;g=meta.k8s.io"
        assert server.asks(MASTER, "GET", path, accept=accept).status_code == code, (name, path)
    assert server.asks(MASTER, "GET", PODS, accept="application/*").status_code == 406
    assert server.asks(MASTER, "GET", PODS, accept="application/*, application/json").status_code == 200
