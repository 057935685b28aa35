"""How much memory the devices of a large cluster take in a process of their own: `allocate_memory.py FILE NODES`.

The file has a slice a line. Prints a JSON object of bytes: once all are taken in, and once a pod was tried on every node.
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

from allocate_clusters import CLASSES, one_gpu

from drakkar.allocator import Allocated, Allocator, Inventory, Ledger, Node, Nodes
from drakkar.api.resource import DeviceClass, ResourceClaim, ResourceSlice, decode


def resident() -> int:
    """Bytes of this process that are in memory."""
    gc.collect()
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ValueError("no VmRSS in /proc/self/status")


def main(path: str, nodes: str) -> None:
    cluster = one_gpu(int(nodes))
    inventory, ledger = Inventory(), Ledger()
    allocator = Allocator(inventory, ledger)
    for class_ in CLASSES:
        inventory.set_class(decode(DeviceClass, class_))
    nodes = Nodes(Node(name) for name in cluster.node_names)
    claims = [decode(ResourceClaim, claim) for claim in cluster.templates[0]]
    before = resident()
    with open(path) as lines:
        for line in lines:
            inventory.set_slice(decode(ResourceSlice, json.loads(line)))
    taken_in = resident()
    asked = allocator.asked(claims)
    assert all(asked.hopeful(nodes))
    assert all(isinstance(asked.on(node), Allocated) for node in nodes.all), "a node without a free device"
    print(json.dumps({"taken_in": taken_in - before, "tried": resident() - before}))


if __name__ == "__main__":
    main(*sys.argv[1:])
