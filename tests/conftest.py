"""Long tests begin first, each worker with its share of them: at the end there is only short work to wait for."""

from __future__ import annotations

import os

import pytest


def _is_long(item: pytest.Item) -> bool:
    return any(item.iter_markers("e2e")) or any(item.iter_markers("long")) or "/e2e/" in item.nodeid


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every worker is given one run of neighbours to begin with, so that each run has to begin with long ones."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if _is_long(item)]
    short = [item for item in items if not _is_long(item)]
    ordered: list[pytest.Item] = []
    left = len(items)
    for worker in range(workers):
        share = left // (workers - worker)
        left -= share
        mine = long[worker::workers][:share]
        take = share - len(mine)
        ordered += mine + short[:take]
        short = short[take:]
    begun = set(ordered)
    ordered += [*short, *(item for item in long if item not in begun)]
    items[:] = ordered
