"""How heavy the work on an object is, and where it is done."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import msgspec

from drakkar.api.object import Object
from drakkar.apiserver import beside, errors
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.resources.write_options import WriteOptions
from drakkar.apiserver.storage.errors import LARGEST, TooLargeError

T = TypeVar("T")


async def judged(weight: int, options: WriteOptions, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The coroutine's result; it is begun again beside the event loop if it turns out to be much work.

    What a refused write is warned of is told, too.
    """
    said = len(options.warnings)
    try:
        try:
            return await beside.run(weight, make)
        except beside.TooHeavyError:
            del options.warnings[said:]
            return await beside.run(beside.LIGHT + 1, make)
    except errors.StatusError as failure:
        failure.warnings = list(options.warnings)
        raise


def weight_of(kind: Kind, size: int) -> int:
    """How heavy work is on an object of this size."""
    return size * kind.strategy.effort + (kind.form.weight if kind.form is not None else 0)


def check_size(obj: Object, weight: int) -> None:
    """Raises TooLargeError, where the store would, before the loop has to look at it."""
    if weight > beside.LIGHT:
        size = len(msgspec.json.encode(obj))
        if size > LARGEST:
            raise TooLargeError(size)
