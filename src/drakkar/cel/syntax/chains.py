"""Runs of selections, which upstream takes as one: `a.b[c].?d`."""

from __future__ import annotations

from typing import Final

from drakkar.cel.syntax.tree import Call, Node, Select

CHAIN: Final = frozenset(("_[_]", "_[?_]", "_?._"))


def is_chain(node: Node) -> bool:
    """Whether a node selects something from another one."""
    return (isinstance(node, Select) and not node.test) or (isinstance(node, Call) and node.function in CHAIN)


def before(node: Node) -> Node:
    """What the last selection of a run is made from."""
    if isinstance(node, Select):
        return node.operand
    assert isinstance(node, Call)
    return node.args[0]


def leads_to_optional(node: Node) -> bool:
    """Whether it is certain that what follows on a node is looked up in the value of an optional."""
    while is_chain(node):
        if isinstance(node, Call) and node.function != "_[_]":
            return True
        node = before(node)
    return node.known.name == "optional_type"
