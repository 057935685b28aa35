"""What kubectl shows of every kind: the columns of both servers, and the cells of a small object."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from .object_kinds import STORED, legal, path_of
from .two_servers import Asked, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
# Ages and what else is of the moment: times, addresses, ids, the administrator of either server.
_MOMENT = re.compile(
    r"^(?:kubernetes-)?admin$|<invalid>|10\.96\.\d+\.\d+|[0-9a-f]{8}-[0-9a-f-]{27}|\d+[smh]|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
)


# The original looks in the background whether the priority level of a schema is there.
_BACKGROUND = "MissingPL"


def _shown(table: Object) -> tuple[list[Object], list[Any]]:
    columns = [
        {key: column.get(key) for key in ("name", "type", "format", "priority")}
        for column in table["columnDefinitions"]
    ]
    (cells,) = (row["cells"] for row in table["rows"] if row["object"]["metadata"]["name"] == "some-name")
    shown = [_MOMENT.sub("<moment>", cell) if isinstance(cell, str) else cell for cell in cells]
    return columns, [
        cell for at, cell in enumerate(shown) if at >= len(columns) or columns[at]["name"] != _BACKGROUND
    ]


async def _differences(servers: tuple[Asked, Asked]) -> list[str]:
    found = []
    for kind in STORED:
        made = await ask_both(servers, "POST", path_of(kind), legal(kind))
        assert [one.code for one in made] == [201, 201], (kind.plural, made)
        answers = await ask_both(servers, "GET", path_of(kind), accept=_TABLE)
        theirs, mine = (_shown(one.body) for one in answers)
        if theirs != mine:
            found.append(f"{kind.resource}\n    theirs {theirs}\n    ours   {mine}")
    return found


async def _run(directory: Path, apiserver: Path, etcd: Path) -> list[str]:
    async with both(directory, apiserver, etcd) as servers:
        return await _differences(servers)


def test_the_tables_of_every_kind(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_run(tmp_path, apiserver_137, etcd))
    assert not found, "\n".join(found)
