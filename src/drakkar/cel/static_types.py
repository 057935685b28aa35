"""CEL types as the checker knows them: a name, or a name with the types of what is inside."""

from __future__ import annotations

from typing import Any, TypeAlias

Type: TypeAlias = "str | tuple[Any, ...]"


def show(type_: Type) -> str:
    """A type as messages name it."""
    return type_ if isinstance(type_, str) else f"{type_[0]}({', '.join(map(show, type_[1:]))})"


def agree(left: Type, right: Type) -> bool:
    """Whether a value may be of both types."""
    if "dyn" in (left, right) or left == right:
        return True
    if isinstance(left, str) or isinstance(right, str):
        return (left if isinstance(left, str) else left[0]) == (right if isinstance(right, str) else right[0])
    return left[0] == right[0] and all(map(agree, left[1:], right[1:]))


def kind_of(type_: Type) -> str:
    """The outermost name: `list` of a list of anything."""
    return type_ if isinstance(type_, str) else str(type_[0])
