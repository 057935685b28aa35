"""What is told of the issuer of tokens, of its keys, and of health is what the original tells."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from drakkar.apiserver.access import openid

from .two_servers import ask_both, both

pytestmark = pytest.mark.upstream
_ASKED = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
_OWN = ("kid", "x", "y")
_HEALTH = (
    *("/livez", "/livez/ping", "/livez/log", "/livez/nope", "/livez/ping/", "/livez/ping/x"),
    *("/readyz", "/readyz/ping", "/readyz/etcd", "/readyz/shutdown", "/readyz/nope", "/readyz?exclude=etcd"),
    *("/readyz?exclude=nope", "/healthz", "/healthz/etcd", "/healthz/nope", "/healthz/shutdown"),
)


async def _told(directory: Path, programs: tuple[Path, Path]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    async with both(directory, *programs) as servers:
        for path in (openid.CONFIGURATION, openid.KEYS):
            for slash in ("", "/"):
                found[path + slash] = [
                    one.body for one in await ask_both(servers, "GET", path + slash, accept="*/*")
                ]
        for path in _HEALTH:
            answers = await ask_both(servers, "GET", path, accept="*/*")
            found[path] = [(one.code, one.body.get("message")) for one in answers]
        # Of the original there are more checks; those that are here stand in the same order.
        for path in ("/readyz?verbose=1&exclude=ping", "/readyz?verbose&exclude=nope", "/livez?verbose"):
            theirs, mine = [
                one.body["message"].splitlines() for one in await ask_both(servers, "GET", path, accept="*/*")
            ]
            found[path] = [[line for line in theirs if line in mine], mine]
        posted = await ask_both(servers, "POST", openid.KEYS, _ASKED)
        found["post"] = [(one.code, one.reason) for one in posted]
    return found


def test_issuer_keys_and_health(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_told(tmp_path, (apiserver_137, etcd)))
    for slash in ("", "/"):
        theirs, mine = found[openid.CONFIGURATION + slash]
        assert list(theirs) == list(mine)
        address = "jwks_uri"
        assert theirs.pop(address).endswith(openid.KEYS) and mine.pop(address).endswith(openid.KEYS)
        # Which one it is, each was told.
        assert {**theirs, "issuer": ""} == {**mine, "issuer": ""}
        theirs, mine = found[openid.KEYS + slash]
        (their_key,), (my_key,) = theirs["keys"], mine["keys"]
        assert list(their_key) == list(my_key)
        assert [len(their_key[name]) for name in _OWN] == [len(my_key[name]) for name in _OWN]
        assert {k: v for k, v in their_key.items() if k not in _OWN} == {
            k: v for k, v in my_key.items() if k not in _OWN
        }
    others = {
        path: answers
        for path, answers in found.items()
        if not path.startswith((openid.CONFIGURATION, openid.KEYS))
    }
    assert {path: one for path, (one, _) in others.items()} == {
        path: one for path, (_, one) in others.items()
    }
