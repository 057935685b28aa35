"""An object changed by the operations that a mutation by JSONPatch comes to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from drakkar.api.go_quoting import quoted
from drakkar.api.object import Object
from drakkar.apiserver.patch.errors import PatchError, TestFailedError
from drakkar.apiserver.patch.json_patch import json_patch
from drakkar.apiserver.policies.configuration import MOST, TOO_LARGE
from drakkar.apiserver.policies.native import Natives, TooLargeChangeError, misnamed
from drakkar.cel.messages import MessageValue

_NO_JSON = "JSONPath valueExpression evaluated to a type that could not marshal to JSON"
# What a text costs beside its letters.
_QUOTED: Final = 8
# What equals nothing: a null to be there, or nothing at all, is never found by upstream.
_NEVER = object()


def operated(value: Sequence[MessageValue], obj: Object) -> Any:
    """What becomes of the object by the operations of an expression, the object itself where a test fails among them;
    PatchError in upstream's words for those that cannot be done."""
    operations = _operations(value)
    try:
        return json_patch(obj, operations)
    except TestFailedError:
        return obj
    except PatchError as failure:
        raise PatchError(f"JSON Patch: {failure.message}") from None


def _operations(value: Sequence[MessageValue]) -> list[Object]:
    natives = Natives(MOST)
    try:
        return [_operation(one, natives) for one in value]
    except TooLargeChangeError:
        raise PatchError(TOO_LARGE) from None


def _operation(given: MessageValue, natives: Natives) -> Object:
    fields = given.fields
    made: Object = {name: _text(fields.get(name, ""), natives) for name in ("op", "path")}
    if fields.get("from"):
        made["from"] = _text(fields["from"], natives)
    value = None
    if "value" in fields:
        value = _value(fields["value"], natives)
    if made["op"] == "test" and value is None:
        value = _NEVER
    made["value"] = value
    return made


def _value(value: Any, natives: Natives) -> Any:
    if isinstance(value, MessageValue):
        wrong = misnamed(value)
        if wrong:
            raise PatchError("type mismatch: " + "\n".join(wrong))
    try:
        return natives.value(value)
    except PatchError as failure:
        raise PatchError(f"{_NO_JSON}: {failure.message}") from None


def _text(text: str, natives: Natives) -> str:
    """A text as it stands in an operation: upstream quotes it as Go does, which not always is JSON."""
    natives.pay(_QUOTED + len(text))
    try:
        return str(json.loads(quoted(text)))
    except ValueError:
        raise PatchError(f"JSON Patch: {quoted(text)} is no JSON") from None
