"""Times as Go's flags take them."""

from __future__ import annotations

import typer


def seconds(text: str, flag: str) -> float:
    """The seconds of a text such as "15s" or "1h30m"; typer.BadParameter, which names the flag, for what is none."""
    from drakkar.cel.library.time_text import parse_duration
    from drakkar.cel.outcome import Fault

    try:
        return parse_duration(text).nanos / 1e9
    except Fault:
        raise typer.BadParameter(f"{text!r} is no duration such as 15s or 1h30m", param_hint=flag) from None
