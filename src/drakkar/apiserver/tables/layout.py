"""What a table of one resource is made of: its columns, and the cells of an object's row."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any, NamedTuple

from drakkar.api.object import Object
from drakkar.apiserver.tables.cells import age

Cells = Callable[[Object, datetime.datetime], list[Any]]


class Column(NamedTuple):
    """One column; a wide one, and any of a priority, is shown only by `-o wide`."""

    name: str
    type: str = "string"
    description: str = ""
    wide: bool = False
    form: str = ""
    priority: int = 0


class Layout(NamedTuple):
    """The columns after Name, and a function that gives an object's cells after its name.

    One that is not `named` has no Name in front of all. `weight` is how much work the cells of one object are, beyond what
    every object is.
    """

    columns: tuple[Column, ...]
    cells: Cells
    named: bool = True
    weight: int = 0


CREATED_AT = Column("Created At", "date", "When the object was created")
AGE = Column("Age", description="Time since the object was created")
AGED = Layout((AGE,), lambda obj, now: [age(obj, now)])
CONTAINERS = Column("Containers", description="Names of the containers in the template", wide=True)
IMAGES = Column("Images", description="Images of the containers in the template", wide=True)
SELECTOR = Column("Selector", description="Label selector of the object", wide=True)
