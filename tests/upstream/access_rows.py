"""Reads `access_matrix.txt`: one request a line, as `who METHOD path [@body] [header=value]…`, and sends it.

Writes are dry runs, so that no row changes what another one meets.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from .access_worlds import World

_HERE = Path(__file__).parent
_PATCHES = {
    "apply": "application/apply-patch+yaml",
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
}
_HEADERS = {
    "as": "Impersonate-User",
    "auth": "Authorization",
    "group": "Impersonate-Group",
    "uid": "Impersonate-Uid",
}
# What differs between two clusters that are the same.
_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Reviews answer in their status and store nothing.
_REVIEW = re.compile(r"/apis/(authorization|authentication)\.k8s\.io/")
# What a review tells of the one who asks: the names of credentials differ.
_CREDENTIAL = "authentication.kubernetes.io/credential-id"

Answer = tuple[int, str, str]


class Row(NamedTuple):
    """One request; `text` is the line and names the row."""

    text: str
    who: str
    method: str
    path: str
    body: str
    headers: tuple[tuple[str, str], ...]


def _row(line: str) -> Row:
    who, method, path, *more = line.split()
    body, headers = "", []
    for word in more:
        if word.startswith("@"):
            body = word[1:]
            continue
        name, _, value = word.partition("=")
        header = _HEADERS.get(name) or "Impersonate-Extra-" + name.removeprefix("extra-")
        headers.append((header, value.replace("_", " ") if name == "auth" else value))
    return Row(" ".join(line.split()), who, method, path, body, tuple(headers))


@cache
def _bodies() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((_HERE / "access_bodies.yaml").read_text())
    return loaded


def _lines() -> list[str]:
    lines = (_HERE / "access_matrix.txt").read_text().splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


ROWS = [_row(line) for line in _lines()]


def _filled(world: World, text: str) -> str:
    text = re.sub(r"\$uid\(([^)]*)\)", lambda found: world.uids[found[1]], text)
    return re.sub(r"\$token\(([^)]*)\)", lambda found: world.tokens[found[1]], text)


def _shown(world: World, text: str) -> str:
    return _UID.sub("UID", text.replace(world.url, "URL"))


def _status(body: Any) -> str:
    status = body.get("status") or {}
    status.pop("token", None)
    status.pop("expirationTimestamp", None)
    info = status.get("user") or status.get("userInfo") or {}
    if _CREDENTIAL in (info.get("extra") or {}):
        info["extra"][_CREDENTIAL] = [value.partition("=")[0] for value in info["extra"][_CREDENTIAL]]
    for rules in ("resourceRules", "nonResourceRules"):
        if rules in status:
            status[rules] = sorted(json.dumps(rule, sort_keys=True) for rule in status[rules])
    return json.dumps(status, sort_keys=True)


def asked(world: World, row: Row) -> Answer:
    """The code, the reason and, where it is about permission or a review, the message that a server answers with."""
    headers = [*row.headers]
    client = world.client(row.who)
    if row.who.startswith("token:"):
        headers.append(("Authorization", f"Bearer {world.tokens[row.who.removeprefix('token:')]}"))
    content = None
    if row.body:
        content = _filled(world, json.dumps(_bodies()[row.body]))
        form = _PATCHES[row.body.partition("-")[0]] if row.method == "PATCH" else "application/json"
        headers.append(("Content-Type", form))
    review = bool(_REVIEW.search(row.path))
    path = row.path
    if row.method != "GET" and not review:
        path += ("&" if "?" in path else "?") + "dryRun=All"
    request = client.build_request(row.method, path, headers=headers, content=content)
    # A watch goes on, so that only its head is read.
    response = client.send(request, stream=True)
    try:
        if response.status_code == 200 and "watch=" in row.path:
            start = next(response.iter_text(), "")
            return 200, "a watch" if start.startswith('{"type":') else "an object", ""
        response.read()
    finally:
        response.close()
    try:
        body = response.json()
    except ValueError:
        return response.status_code, "", ""
    if not isinstance(body, dict) or response.status_code >= 500:
        # Behind a 500 there is a kubelet that is not there.
        return response.status_code, "", ""
    if response.status_code < 300:
        return response.status_code, "", _shown(world, _status(body)) if review else ""
    message = body.get("message", "")
    told = response.status_code in (401, 403) or "permission" in message
    return response.status_code, body.get("reason", ""), _shown(world, message) if told else ""
