"""Where in an object or a schema something stands: put into words only where it is told, and then in few."""

from __future__ import annotations

from drakkar.validation.field_error import short


class Where:
    """A place as a step below another one. To make one costs the same however long names and the way to it are; its text is
    made when it is asked for, with the middle of long names left out."""

    __slots__ = ("_above", "_begin", "_end", "_step", "_text")

    def __init__(
        self, step: str | int = "", above: Where | None = None, begin: str = "", end: str = ""
    ) -> None:
        self._step, self._above, self._begin, self._end = step, above, begin, end
        self._text: str | None = None

    @property
    def is_root(self) -> bool:
        """Whether nothing has been said of the way so far."""
        return self._above is None and not self._step

    def field(self, name: str) -> Where:
        """A field: `spec.name`, or the name alone at the root."""
        return Where(name, self, "" if self.is_root else ".")

    def dotted(self, name: str) -> Where:
        """A field that has its dot at the root as well."""
        return Where(name, self, ".")

    def key(self, name: str) -> Where:
        """A value of a map: `spec[name]`."""
        return Where(name, self, "[", "]")

    def item(self, at: int) -> Where:
        """An item of a list: `spec[3]`."""
        return Where(at, self, "[", "]")

    def properties(self, name: str) -> Where:
        """The schema of a field."""
        return Where(name, self, ".properties[", "]")

    def then(self, step: str) -> Where:
        """Whatever is below, as it is to be told."""
        return Where(step, self)

    def __str__(self) -> str:
        if self._text is None:
            parts: list[str] = []
            place: Where | None = self
            while place is not None:
                step = place._step
                parts += (place._end, short(step) if isinstance(step, str) else str(step), place._begin)
                place = place._above
            self._text = short("".join(reversed(parts)))
        return self._text

    def __format__(self, form: str) -> str:
        return str(self)

    __repr__ = __str__


ROOT = Where()
