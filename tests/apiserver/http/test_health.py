"""What the server says of its health: all of it, one check, or all but some."""

from __future__ import annotations

from pathlib import Path

import pytest

from drakkar.apiserver.http.health import BELOW, PATHS, asked
from drakkar.apiserver.storage.store import Store

from ..callers import MASTER, new_server


async def test_every_check_is_asked_at_a_path_of_its_own(tmp_path: Path) -> None:
    server = await new_server(tmp_path)
    for path in (*PATHS, *BELOW):
        answer = server.asks(MASTER, "GET", path)
        assert (answer.status_code, answer.text) == (200, "ok"), path
    assert server.asks(MASTER, "GET", "/readyz/nope").status_code == 404
    assert server.asks(None, "GET", "/readyz/etcd").status_code == 403


@pytest.fixture
def ending() -> Store:
    store = Store()
    store.end_watches()
    return store


def test_a_server_that_ends_lives_and_is_not_ready(ending: Store) -> None:
    assert asked(ending, "/livez", False, []).is_good
    found = asked(ending, "/readyz", False, [])
    assert not found.is_good
    assert found.text.splitlines() == [
        "[+]ping ok",
        "[+]log ok",
        "[+]etcd ok",
        "[-]shutdown failed: the server is ending",
        "readyz check failed",
    ]
    assert (
        asked(ending, "/readyz/shutdown", False, []).text == "internal server error: the server is ending\n"
    )


def test_what_is_left_out_counts_for_nothing(ending: Store) -> None:
    assert asked(ending, "/readyz", False, ["shutdown"]).text == "ok"
    found = asked(ending, "/readyz", True, ["shutdown", "b", "a"])
    assert found.is_good
    assert found.text.splitlines()[3:] == [
        "[+]shutdown excluded: ok",
        'warn: some health checks cannot be excluded: no matches for "a", "b"',
        "readyz check passed",
    ]
