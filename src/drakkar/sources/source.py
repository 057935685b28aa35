"""An object together with where it came from, and the error that says what is wrong with it there."""

from __future__ import annotations

from typing import NamedTuple

from drakkar.api.object import Object


class Sourced(NamedTuple):
    """A plain object; `where` names its file and document, or the cluster it was read from."""

    obj: Object
    where: str
    # What an API server has stored was checked when it was written.
    stored: bool = False


class InputError(Exception):
    """The input cannot be used; `problems` are whole lines, each naming its file and document."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
