"""What servers say of objects that are created and changed, without what is given by chance or known to differ; and what
the original said, which is kept in a file for tests that have none."""

from __future__ import annotations

import copy
import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from .two_servers import Answer

Object = dict[str, Any]
RECORDED = Path(__file__).parent / "object_answers.json"
_DRY = "?dryRun=All"
_SHOWN = 180
_LONG = 1000
_NOTHING: tuple[Any, ...] = (None, {}, [], "")
_OWN = ("uid", "creationTimestamp", "managedFields", "resourceVersion", "selfLink")
# Given by chance.
_CHANCE = ("clusterIP", "clusterIPs", "nodePort", "healthCheckNodePort", "lastPhaseTransitionTime")
_UIDS = ("controller-uid", "batch.kubernetes.io/controller-uid")
_CHANCES = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|10\.96\.[0-9]+\.[0-9]+")
_KEPT = "field is immutable"
# Put on by the original, and taken off by controllers of volumes, which there are none of here.
_PROTECTION = ("kubernetes.io/pvc-protection", "kubernetes.io/pv-protection")
# Said by ours alone, of kinds and fields that no part of it acts on.
_IDLE = "(see docs/known-gaps.md)"


class Creation(NamedTuple):
    """An object, and the path of its collection."""

    path: str
    obj: Object


class Change(NamedTuple):
    """An object that is stored, and what is merged into it for a PUT, of the whole or of a subresource."""

    path: str
    obj: Object
    merged: Object
    below: str = ""


class Server(Protocol):
    """Whoever is asked."""

    async def ask(self, verb: str, path: str, obj: Any = None) -> Answer: ...


def key(case: Creation | Change) -> str:
    """What a case is called: where and what, as far as it can be read, and a number for the rest."""
    whole = json.dumps(case, sort_keys=True)
    plural = case.path.rsplit("/", 1)[-1]
    what = f"PUT {case.merged}" if isinstance(case, Change) else f"POST {_content(case.obj)}"
    return f"{name_of(what, plural)} #{zlib.crc32(whole.encode()):08x}"


def name_of(what: str, plural: str) -> str:
    """The part of a key that can be read."""
    return f"{plural} {what[:_SHOWN]}"


def _content(obj: Object) -> str:
    return json.dumps({k: v for k, v in obj.items() if k != "metadata"})


async def answered(server: Server, case: Creation | Change) -> Answer:
    """What a server says of a case. What is to be changed is stored first, under a name that no other case has."""
    if isinstance(case, Creation):
        return await server.ask("POST", case.path + _DRY, case.obj)
    obj = copy.deepcopy(case.obj)
    obj["metadata"] = {**obj["metadata"], "name": f"x-{zlib.crc32(json.dumps(case).encode()):08x}"}
    made = await server.ask("POST", case.path, obj)
    assert made.code == 201, (case, made)
    path = f"{case.path}/{obj['metadata']['name']}{case.below}{_DRY}"
    return await server.ask("PUT", path, _with(made.body, case.merged))


def _with(obj: Any, merged: Any) -> Any:
    """The object with what is merged into it; None takes away."""
    if not isinstance(obj, dict) or not isinstance(merged, dict):
        return merged
    made = {**obj, **{field: _with(obj.get(field), value) for field, value in merged.items()}}
    return {field: value for field, value in made.items() if value is not None}


def said(answer: Answer) -> Object:
    """The code, and what was made and warned of, or what was wrong."""
    if answer.code < 400:
        warnings = sorted(one for one in answer.warnings if _IDLE not in one)
        return {"code": answer.code, "body": _steady(answer.body), "warnings": warnings}
    causes = sorted([reason, field, _told(field, message)] for reason, field, message in answer.causes)
    return {"code": answer.code, "reason": answer.reason, "causes": causes}


def _told(field: str, message: str) -> str:
    if field.startswith("spec.template") and message.endswith(_KEPT):
        # Go repeats the whole template, in the form of its own types.
        return _KEPT
    # Below the first line is what has changed, as Go shows the values of its own types.
    return _CHANCES.sub("(by chance)", message.split("\n")[0])


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {k: _steady(v) for k, v in value.items() if k not in (*_OWN, *_CHANCE, *_UIDS)}
        return {k: v for k, v in kept.items() if v not in _NOTHING}
    if isinstance(value, list):
        return [_steady(one) for one in value if one not in _PROTECTION]
    if isinstance(value, str) and len(value) > _LONG:
        return f"{len(value)} letters, {zlib.crc32(value.encode()):08x}"
    return value


def recorded() -> Mapping[str, Object]:
    """What the original said of each case."""
    found: dict[str, Object] = json.loads(RECORDED.read_text())
    return found


def record(answers: Mapping[str, Object]) -> None:
    """Keep what the original says, a line a case."""
    lines = [f"{json.dumps(name)}: {json.dumps(one)}" for name, one in sorted(answers.items())]
    RECORDED.write_text("{\n" + ",\n".join(lines) + "\n}\n")
