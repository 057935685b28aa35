"""What is called while a JSON patch is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final


def escape_key(key: str) -> str:
    """`jsonpatch.escapeKey`: a key as a part of a path in it."""
    return key.replace("~", "~0").replace("/", "~1")


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {"string_jsonpatch_escapeKey_string": escape_key}
