"""What is particular about the objects of one resource: how they are completed, what they must look like, what of them
may change, by which fields one selects them. The verbs ask a kind's strategy and compare no names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from drakkar.api.object import Object
from drakkar.apiserver.tables.layout import Layout
from drakkar.apiserver.tables.table import ANY
from drakkar.validation.field_error import FieldError, shown
from drakkar.validation.field_values import same
from drakkar.validation.object_meta import Rules

# Fields on the way down into an object; `*` is every value of a map or item of a list.
FieldPath = tuple[str, ...]

_IMMUTABLE = "field is immutable"
# What is the owner's in an object's metadata, and not its controller's.
OBJECT_METADATA = frozenset(
    {
        "labels",
        "annotations",
        "finalizers",
        "ownerReferences",
        "managedFields",
        "deletionTimestamp",
        "selfLink",
    }
)
# All of the metadata that a client may say something of.
ALL_METADATA = OBJECT_METADATA | {"uid", "deletionGracePeriodSeconds"}
_METADATA = Rules()


class Facts(NamedTuple):
    """What rules look at beside the object: the feature gates that are on, the labels of the object's namespace; and who
    hears of what is wrong and let pass."""

    gates: frozenset[str]
    home_labels: Mapping[str, str]
    warn: Callable[[str], None] = lambda _: None


class Selectable(NamedTuple):
    """A field that objects are selected by: where it stands, and what it equals where it is absent."""

    path: str
    absent: str = ""


def selectable(*paths: str, **absent: str) -> dict[str, Selectable]:
    """Fields that are selected by their own paths; `absent` is by the last part of a path."""
    return {path: Selectable(path, absent.get(path.rsplit(".", 1)[-1], "")) for path in paths}


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """The rules of one resource, which all its versions share. As it stands an object is taken as it comes.

    In the order in which a write asks them:

    - `gated`: the fields of each feature gate, which are dropped where it is off;
    - `default(new)` fills in place what a client left out;
    - `prepare(new, old, now)` sets in place what the server says of it, such as dates; `old` is None for a new object;
    - `generate(new, old)` sets in place what belongs to nobody who applies the object;
    - `rules(new)` yields what is wrong with it, `creation(new)` what is wrong only with one that is new;
    - `fixed` are the paths that keep their value, `changes(old, new)` what else is wrong with a change.
    """

    gated: Mapping[str, tuple[FieldPath, ...]] = field(default_factory=dict)
    default: Callable[[Object], None] | None = None
    prepare: Callable[[Object, Object | None, str], None] | None = None
    generate: Callable[[Object, Object | None], None] | None = None
    rules: Callable[[Object], Iterable[FieldError]] | None = None
    creation: Callable[[Object], Iterable[FieldError]] | None = None
    fixed: tuple[str, ...] = ()
    changes: Callable[[Object, Object], list[FieldError]] | None = None
    # Completes a status in place of an old one, and says what is wrong with it.
    status_changes: Callable[[Object, Object], list[FieldError]] | None = None
    # What is wrong with an object whose spec's finalizers were written.
    finalizer_rules: Callable[[Object], Iterable[FieldError]] | None = None
    # Counts in the status that are told even where they are nothing.
    status_counts: tuple[str, ...] = ()
    # How names are formed, and what else differs in the metadata.
    metadata: Rules = _METADATA
    # The same where it goes by what else is in a new object.
    metadata_of: Callable[[Object], Rules] | None = None
    # Beside name and namespace.
    fields: Mapping[str, Selectable] = field(default_factory=dict)
    # What kubectl shows of it.
    columns: Layout = ANY
    # The seconds that an object has after a DELETE with these options, before it may go.
    grace: Callable[[Object, Object], int] | None = None

    # What to warn the writer of; `old` is None for a new object.
    warns: Callable[[Object, Object | None], list[str]] | None = None
    # What to say of a new object that no part acts on.
    idle: str = ""
    # How much more than its bytes an object weighs, where its rules are much work.
    effort: int = 1
    # What a DELETE makes of an object first, where it is held back by more than what it says itself.
    held_back: Callable[[Object, str], Object] | None = None

    # What a write of a subresource makes of an object: of what is stored, of what was sent, and of the time; `status` where
    # it is more than to take the one for the other.
    parts: Mapping[str, Callable[[Object, Object, str], Object]] = field(default_factory=dict)
    # What of the metadata a write of one of these leaves as it is, less that of the status.
    parts_keep: frozenset[str] = frozenset()
    # Those whose writer owns all that he would change, also what is not stored.
    parts_claim: frozenset[str] = frozenset()
    # The parts that belong to nobody, whoever writes the whole.
    unowned: frozenset[str] = frozenset()
    # A new object without any name gets one.
    names_itself: bool = False
    # It is new with the status that it comes with.
    born_with_status: bool = False
    # Its generation is counted from the first change on only.
    born_uncounted: bool = False
    # Its generation is one, and stays so.
    counts_nothing: bool = False
    # What of its metadata is counted by the generation, too.
    counts: tuple[str, ...] = ()
    # What of the metadata a write of the status leaves as it is; the rest it takes along, labels and finalizers too.
    status_keeps: frozenset[str] = frozenset()
    # Where a write of the status is held to other rules for the metadata than one of the whole.
    status_metadata: Rules | None = None
    # A PUT makes it where it is not there yet.
    made_by_put: bool = False
    # A PUT must say which version of it it replaces.
    needs_version: bool = False
    # A DELETE that removes it answers with it, and not with a Status.
    answers_with_object: bool = False
    # Its children stay where a DELETE does not say what becomes of them.
    orphans_children: bool = False
    # What to warn whoever does not say what becomes of them.
    keeps_children: str = ""
    # The selector in its spec is labels and nothing else.
    selects_by_labels: bool = False
    # Its spec has finalizers of its own, and it is Terminating while it goes.
    finalized_by_spec: bool = False
    # The names of those that cannot be deleted.
    protected: frozenset[str] = frozenset()

    def complete(self, new: Object, old: Object | None, now: str) -> None:
        """Fill a new object, or one that takes the place of `old`, in place; it must be nobody else's."""
        if self.default is not None:
            self.default(new)
        if self.prepare is not None:
            self.prepare(new, old, now)
        self._count(new)

    def _count(self, obj: Object) -> None:
        if self.status_counts:
            status = obj.setdefault("status", {})
            for count in self.status_counts:
                if status.get(count) is None:
                    status[count] = 0

    def problems(self, new: Object, old: Object | None, facts: Facts) -> list[FieldError]:
        """What is wrong with a completed object, or with replacing `old` by it.

        A change is not blamed for what was wrong before: what was stored before a rule was there can still be
        changed, and so let go.
        """
        found = list(self.rules(new)) if self.rules else []
        if old is None:
            return found + list(self.creation(new)) if self.creation else found
        known = set(self.rules(old)) if self.rules and found else set()
        found = [cause for cause in found if cause not in known]
        found += [
            FieldError.invalid(path, shown(_at(new, path)), _IMMUTABLE)
            for path in self.fixed
            if not same(_at(old, path), _at(new, path))
        ]
        return found + self.changes(old, new) if self.changes else found

    def warnings(self, new: Object, old: Object | None) -> list[str]:
        """What to warn the writer of; `old` is None for a new object."""
        idle = [f"{self.idle} here (see docs/known-gaps.md)"] if self.idle and old is None else []
        return idle + self.warns(new, old) if self.warns else idle

    def part_problems(self, new: Object, old: Object, subresource: str) -> list[FieldError]:
        """What is wrong with what a write of one of the `parts`, less the status, makes of `old`."""
        return []

    def status_problems(self, new: Object, old: Object, facts: Facts) -> list[FieldError]:
        """What is wrong with a status that takes the place of that of `old`; it may be completed in place."""
        self._count(new)
        return self.status_changes(old, new) if self.status_changes else []

    def finalizer_problems(self, new: Object) -> list[FieldError]:
        """What is wrong with an object whose spec's finalizers were written."""
        return list(self.finalizer_rules(new)) if self.finalizer_rules else []


def _at(obj: Object, path: str) -> Any:
    found: Any = obj
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


PLAIN = Strategy()
