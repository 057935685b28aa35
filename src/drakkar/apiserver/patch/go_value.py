"""What Go may hold where JSON has nothing of the kind."""

from __future__ import annotations


class GoValue:
    """A value that Go holds and JSON has not; `go_type` is what Go calls its type, `literal` how it stands in Go's source."""

    __slots__ = ("_printed", "go_type", "literal")

    def __init__(self, go_type: str, printed: str, literal: str | None = None) -> None:
        self.go_type = go_type
        self._printed = printed
        self.literal = printed if literal is None else literal

    def __str__(self) -> str:
        return self._printed
