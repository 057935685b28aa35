"""One place of an object by its schema: what an expression takes it for, how large it may be, and what is below it."""

from __future__ import annotations

from dataclasses import dataclass, field

from drakkar.cel.cost.ranges import Range
from drakkar.cel.objects.schema import RESERVED
from drakkar.cel.types import Type


# One is itself and no other: what is compiled for it is kept by it.
@dataclass(slots=True, eq=False)
class Place:
    """`kind` is the schema's type, or `int-or-string`; `type` is None where expressions cannot name it.

    `fields` are by their own names; `most` is how many elements, letters or bytes there may be, `least` the least bytes
    that it takes as JSON.
    """

    kind: str
    type: Type | None = None
    format: str = ""
    nullable: bool = False
    preserved: bool = False
    fields: dict[str, Place] = field(default_factory=dict)
    # By the names that expressions write.
    escaped: dict[str, str] = field(default_factory=dict)
    values: Place | None = None
    items: Place | None = None
    list_type: str = ""
    keys: tuple[str, ...] = ()
    most: int = 0
    least: int = 2

    def below(self, step: str) -> Place | None:
        """What a step of an expression leads to, where that can be named."""
        if step in RESERVED:
            # Of a keyword that is a field's name upstream knows no size.
            return None
        inside = step in ("@items", "@values")
        found = self.items or self.values if inside else self.fields.get(self.escaped.get(step, ""))
        return None if found is None or found.type is None else found

    def size(self, steps: tuple[str, ...]) -> Range | None:
        """How large the part is that steps from here lead to; None where nothing is known of it."""
        here: Place | None = self
        for step in steps:
            assert here is not None
            if step == "@keys":
                # Nothing is said of the names in a map; upstream takes them for empty.
                if here.values is None:
                    return None
                here = _KEY
                continue
            here = here.below(step)
            if here is None:
                return None
        assert here is not None
        return Range(0, here.most)


_KEY = Place("string")
