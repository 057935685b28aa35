"""The code of every overload, by its id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from drakkar.cel.library import (
    arithmetic,
    authorizer,
    comparison,
    conversions,
    formatting,
    json_patch,
    lists,
    names,
    network,
    optionals,
    quantities,
    regex,
    strings,
    time,
    urls,
    versions,
)

CODE: Final[Mapping[str, Callable[..., Any]]] = {
    **arithmetic.FUNCTIONS,
    **authorizer.FUNCTIONS,
    **comparison.FUNCTIONS,
    **conversions.FUNCTIONS,
    **formatting.FUNCTIONS,
    **json_patch.FUNCTIONS,
    **lists.FUNCTIONS,
    **names.FUNCTIONS,
    **network.FUNCTIONS,
    **optionals.FUNCTIONS,
    **quantities.FUNCTIONS,
    **regex.FUNCTIONS,
    **strings.FUNCTIONS,
    **time.FUNCTIONS,
    **urls.FUNCTIONS,
    **versions.FUNCTIONS,
}
