"""How many nodes are looked at for a pod, and that all of them have their turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from drakkar.api.object import ObjectKey
from drakkar.placement import NodeInfo, Snapshot, choose
from drakkar.placement.choice import enough

from .objects import node, pod


class NoClaims:
    """Of a pod that has none."""

    everywhere: tuple[()] = ()
    only_on = None

    def hopeful(self, nodes: Sequence[NodeInfo]) -> None:
        return None

    def on(self, node: NodeInfo) -> tuple[()]:
        return ()

    def worth(self, found: tuple[()]) -> int:
        return 0


@pytest.mark.parametrize(
    ("nodes", "looked_at"),
    [(0, 0), (99, 99), (100, 100), (125, 100), (250, 120), (500, 230), (1000, 420), (5000, 500), (6000, 300)],
)
def test_of_many_nodes_a_share_is_looked_at(nodes: int, looked_at: int) -> None:
    assert enough(nodes) == looked_at


def placed(snapshot: Snapshot, pods: int) -> list[str]:
    found = []
    for number in range(pods):
        one = pod(f"p{number}", cpu="100m")
        key = ObjectKey("default", f"p{number}")
        chosen = choose(snapshot, snapshot.form(one), NoClaims(), None, key, 0)
        assert chosen is not None
        found.append(chosen[0].name)
        snapshot.put(key, one, chosen[0].name)
    return found


def test_all_nodes_have_their_turn_where_there_are_more_than_are_looked_at() -> None:
    snapshot = Snapshot()
    for number in range(250):
        snapshot.set_node(node(f"n{number:03}", unschedulable=number % 50 == 7))
    found = Counter(placed(snapshot, 245))
    assert set(found.values()) == {1} and len(found) == 245


def test_where_all_are_looked_at_it_begins_with_the_first_by_name() -> None:
    snapshot = Snapshot()
    for name in ("n3", "n1", "n2"):
        snapshot.set_node(node(name))
    assert placed(snapshot, 4) == ["n1", "n2", "n3", "n1"]
    snapshot.remove_node("n1")
    assert placed(snapshot, 1) == ["n2"]
