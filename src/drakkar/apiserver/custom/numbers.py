"""What a schema asks of numbers: kinds, bounds, multiples."""

from __future__ import annotations

import math
from typing import Any, Final

from drakkar.apiserver.custom.outcome import Outcome, Problem
from drakkar.apiserver.custom.schema import Schema
from drakkar.apiserver.custom.where import Where
from drakkar.cel.library.number_text import shortest

_RANGES: Final = {"int32": 2**31, "int64": 2**63}
_LARGEST_WHOLE: Final = 2**53 - 1
_LARGEST_FLOAT: Final = 3.4028234663852886e38


def check(schema: Schema, value: int | float, path: Where) -> Outcome:
    """A number held to its schema."""
    found = Outcome()
    problem = _in_range(value, schema, "Checked")
    if problem:
        found.add(Problem("invalid", path, "", general=True, before=problem))
    for name, check_one in (("multipleOf", _multiple), ("minimum", _minimum), ("maximum", _maximum)):
        bound = schema.bound(name)
        if bound is None:
            continue
        titles = {"multipleOf": "MultipleOf", "minimum": "Minimum boundary", "maximum": "Maximum boundary"}
        unfit = _in_range(bound, schema, titles[name])
        if unfit:
            found.add(Problem("invalid", path, "", general=True, before=unfit))
        # A whole number is compared with whole numbers, as long as the bound can be one.
        whole = isinstance(value, int) and not unfit
        said = check_one(schema, value, int(bound) if whole else float(bound))
        if said:
            found.add(Problem("invalid", path, f" in body {said}", value))
    found.met += 1
    return found


def _shown(bound: Any) -> str:
    return shortest(bound) if isinstance(bound, float) else str(bound)


def _multiple(schema: Schema, value: int | float, factor: int | float) -> str:
    if factor <= 0:
        return "should be a multiple of a positive number"
    if isinstance(factor, int):
        return "" if value % factor == 0 else f"should be a multiple of {factor}"
    return "" if _is_whole(value, factor) else f"should be a multiple of {_shown(factor)}"


def _is_whole(value: int | float, factor: float) -> bool:
    """Whether a number is some whole number of times another one, as far as floating point can tell whole numbers."""
    try:
        times = 1 / factor * value if factor < 1 else value / factor
    except OverflowError:
        return False
    if not math.isfinite(times) or abs(times) > _LARGEST_WHOLE:
        return False
    whole = round(times)
    return times == whole or abs(times - whole) < 1e-9 * abs(whole)


def _minimum(schema: Schema, value: int | float, least: int | float) -> str:
    if schema.bound("exclusiveMinimum"):
        return "" if value > least else f"should be greater than {_shown(least)}"
    return "" if value >= least else f"should be greater than or equal to {_shown(least)}"


def _maximum(schema: Schema, value: int | float, most: int | float) -> str:
    if schema.bound("exclusiveMaximum"):
        return "" if value < most else f"should be less than {_shown(most)}"
    return "" if value <= most else f"should be less than or equal to {_shown(most)}"


def _in_range(value: int | float, schema: Schema, title: str) -> str:
    """Why a number cannot be of the type and format, up to its place; empty where it can."""
    if schema.types == ("integer",):
        named = schema.format
        whole = isinstance(value, int) or value.is_integer()
        limit = _RANGES.get(named, 2**63)
        if whole and -limit <= value < limit:
            return ""
        said = f"format {named}" if named else ""
        if said:
            return f"{title} value must be of type integer with {said} in "
        return f"{title} value must be of type integer (default format) in "
    if schema.types == ("number",) and schema.format == "float" and abs(value) > _LARGEST_FLOAT:
        return f"{title} value must be of type number with format float in "
    return ""
