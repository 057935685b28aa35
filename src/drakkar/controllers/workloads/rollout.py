"""The arithmetic of rolling updates: how many pods more, how many fewer, and who gets what share; pure."""

from __future__ import annotations

import math


def resolve(value: int | str | None, total: int, round_up: bool) -> int:
    """An absolute number, or a percentage of `total`."""
    if value is None:
        return 0
    if isinstance(value, str):
        if not value.endswith("%"):
            return int(value)
        share = int(value[:-1]) * total / 100
        return math.ceil(share) if round_up else math.floor(share)
    return value


def surge_and_unavailable(
    max_surge: int | str | None, max_unavailable: int | str | None, replicas: int
) -> tuple[int, int]:
    """How many pods there may be above `replicas`, and how many of them may be missing; never both none."""
    surge = resolve("25%" if max_surge is None else max_surge, replicas, True)
    unavailable = resolve("25%" if max_unavailable is None else max_unavailable, replicas, False)
    unavailable = min(unavailable, replicas)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return surge, unavailable


def shares(sizes: list[int], total_now: int, total_wanted: int) -> list[int]:
    """New sizes in proportion to the old ones; what rounding leaves goes to the first, the order is the caller's.

    `total_wanted` is what the sizes must add up to, `total_now` what they were cut for before.
    """
    if not sizes or not total_now:
        return list(sizes)
    new = [max(0, round(size * total_wanted / total_now)) for size in sizes]
    left = total_wanted - sum(new)
    for index, size in enumerate(new):
        if left == 0:
            break
        step = left if left > 0 else max(left, -size)
        new[index] += step
        left -= step
    return new
