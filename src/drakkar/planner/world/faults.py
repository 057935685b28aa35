"""What was left out of the input because it cannot be used, and why; bounded, for there may be much of it."""

from __future__ import annotations

from drakkar.api.object import Object, ObjectKey
from drakkar.sources.source import Sourced

# More than anybody reads at once.
_MOST_LINES = 20
_LONGEST_LINE = 500


class Faults:
    """Whole lines, each naming object and field; those of files are their author's to mend."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._of_files: list[str] = []
        self._by_object: dict[tuple[str, ObjectKey], str] = {}
        # The objects themselves, as far as their kind and name can be read.
        self.objects: list[tuple[str, ObjectKey, Object]] = []

    def add(self, source: Sourced, named: tuple[str, ObjectKey] | None, problems: list[str]) -> None:
        """An object is left out."""
        lines = [line[:_LONGEST_LINE] for line in problems]
        self._lines += lines
        if not source.stored:
            self._of_files += lines
        if named is not None and lines:
            self._by_object[named] = lines[0]
            self.objects.append((*named, source.obj))

    def why(self, kind: str, key: ObjectKey) -> str:
        """Why an object of the name is left out; nothing for one that is not."""
        return self._by_object.get((kind, key), "")

    def named(self, name: str) -> list[str]:
        """Why objects of a name are left out, whatever their kind and namespace."""
        return [line for (_, key), line in self._by_object.items() if key[1] == name]

    def listed(self) -> list[str]:
        """Everything, or the first of it with how much more there is."""
        return _bounded(self._lines)

    def of_files(self) -> list[str]:
        """That which came from files."""
        return _bounded(self._of_files)


def _bounded(lines: list[str]) -> list[str]:
    # The pods of one workload all have the same faults.
    lines = list(dict.fromkeys(lines))
    if len(lines) <= _MOST_LINES:
        return lines
    return [*lines[:_MOST_LINES], f"and {len(lines) - _MOST_LINES} problems more"]
