"""A driver of simulated GPUs, gpu.example.com, that behaves like the well-known example driver."""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Run the driver until a signal; the exit status."""
    # Late, so that the device model can be used without the API client.
    from drakkar.drivers.example.run import main as run_main

    return run_main(argv)
