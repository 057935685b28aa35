"""The sentence that users find in the event and in the condition of a pod that goes nowhere."""

from __future__ import annotations

from collections.abc import Mapping


def fit_message(total: int, counted: Mapping[str, int], everywhere: str = "") -> str:
    """`counted` are nodes by what speaks against them, `everywhere` what speaks against all of them."""
    text = f"0/{total} nodes are available:"
    if everywhere:
        text += f" {everywhere}."
    if counted:
        text += " " + ", ".join(sorted(f"{count} {reason}" for reason, count in counted.items())) + "."
    return text
