"""The simulated GPUs of a node."""

from __future__ import annotations

import random
import uuid
from typing import Any

MODEL = "LATEST-GPU-MODEL"
DRIVER_VERSION = "1.0.0"


def enumerate_gpus(count: int, node_name: str) -> list[dict[str, Any]]:
    """Devices gpu-0 … with UUIDs that stay the same for a node over restarts."""
    rng = random.Random(node_name)
    return [
        {
            "name": f"gpu-{index}",
            "attributes": {
                "index": {"int": index},
                "uuid": {"string": f"gpu-{uuid.UUID(int=rng.getrandbits(128), version=4)}"},
                "model": {"string": MODEL},
                "driverVersion": {"version": DRIVER_VERSION},
            },
            "capacity": {"memory": {"value": "80Gi"}},
        }
        for index in range(count)
    ]
