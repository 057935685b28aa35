"""Order: `<`, `<=`, `>` and `>=` for every two types that have one, and `!`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from drakkar.cel.outcome import Fault

_OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "less": operator.lt,
    "less_equals": operator.le,
    "greater": operator.gt,
    "greater_equals": operator.ge,
}
_WHOLE: Final = ("int64", "uint64")


def _with_doubles(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], bool]:
    def compared(left: Any, right: Any) -> bool:
        # A whole number is rounded to a double before it is compared with one.
        first, second = float(left), float(right)
        if first != first or second != second:
            raise Fault("NaN values cannot be ordered")
        return bool(compare(first, second))

    return compared


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    **{
        f"{name}_{kind}": code
        for name, code in _OPERATORS.items()
        for kind in (
            "bool",
            "string",
            "bytes",
            "timestamp",
            "duration",
            *_WHOLE,
            "int64_uint64",
            "uint64_int64",
        )
    },
    **{
        f"{name}_{kind}": _with_doubles(code)
        for name, code in _OPERATORS.items()
        for kind in (
            "double",
            *(f"{whole}_double" for whole in _WHOLE),
            *(f"double_{whole}" for whole in _WHOLE),
        )
    },
    "logical_not": operator.not_,
}
