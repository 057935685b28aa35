"""What is wrong with one field of an object, in the reasons and words of Kubernetes' status causes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from drakkar.api.go_json import escaped
from drakkar.api.go_quoting import quoted

OMITTED = "<value omitted>"
# So many problems of one object are told; of the others only that there are more.
MOST_TOLD = 200
# An answer is not much larger than what it answers.
_LONGEST = 4_000
# What is left of a longer text is not longer than that itself, so that it stays as it is.
_PART = 1_980


def short(text: str) -> str:
    """The text, with the middle left out where it is very long."""
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_PART]}... ({len(text)} letters) ...{text[-_PART:]}"


class FieldError(NamedTuple):
    """What is wrong with one field: `reason` is FieldValueInvalid and the like, `field` a path such as `spec.devices`."""

    reason: str
    message: str
    field: str

    def shortened(self) -> FieldError:
        """The same, with the middle left out where it is very long."""
        return FieldError(self.reason, short(self.message), short(self.field))

    @classmethod
    def untold(cls, reason: str = "FieldValueInvalid") -> FieldError:
        """Stands for one more problem, beyond those that are told."""
        return cls(reason, "", "")

    @property
    def is_untold(self) -> bool:
        """Whether this only stands for a problem."""
        return not self.field and not self.message

    @classmethod
    def invalid(cls, field: str, value: str, detail: str) -> FieldError:
        """A value that is not allowed; `value` is written as it shall be read."""
        return cls("FieldValueInvalid", f"Invalid value: {value}: {detail}", field)

    @classmethod
    def unshown(cls, field: str, detail: str) -> FieldError:
        """A value that is not allowed, and that nobody wants to read."""
        return cls("FieldValueInvalid", f"Invalid value: {detail}", field)

    @classmethod
    def required(cls, field: str, detail: str = "") -> FieldError:
        """A field that is missing."""
        return cls("FieldValueRequired", f"Required value: {detail}" if detail else "Required value", field)

    @classmethod
    def forbidden(cls, field: str, detail: str) -> FieldError:
        """A field that must not be set, or not now."""
        return cls("FieldValueForbidden", f"Forbidden: {detail}", field)

    @classmethod
    def unsupported(cls, field: str, value: Any, supported: Iterable[str]) -> FieldError:
        """A value outside a fixed set."""
        listed = ", ".join(map(quoted, supported))
        message = f"Unsupported value: {shown(value, typed=True)}: supported values: {listed}"
        return cls("FieldValueNotSupported", message, field)


def compact_json(value: Any) -> str:
    """JSON without blanks, in characters rather than escapes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def shown(value: Any, typed: bool = False) -> str:
    """A value as messages show it: strings quoted, anything else and strings of a type of their own as JSON."""
    if isinstance(value, str) and not typed:
        return quoted(value)
    return escaped(compact_json(value))


def _plural(count: int, one: str) -> str:
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


class Findings:
    """The errors of one object as they are found; a `bounded` one keeps those only that are told, shortened, and the number of
    the others.

    Those of rules that Kubernetes states beside a field's declaration (`declared`) come after those it checks by hand,
    whatever the order in which they are found: users see the list in that order.
    """

    def __init__(self, *, bounded: bool = False) -> None:
        self._bounded = bounded
        self._untold = 0
        self._checked: list[FieldError] = []
        self._declared: list[FieldError] = []
        # Whether the part that is looked at is as it was. Rules that are only declared hold for changes only.
        self.unchanged = False

    def declared_only(self) -> Findings:
        """For parts that are not looked at by hand: adds to the same errors, but only those of declared rules."""
        view = Findings()
        view._declared, view.unchanged = self._declared, self.unchanged
        return view

    def of_unchanged(self) -> Findings:
        """For a part that did not change, where declared rules have a say only if they are checked by hand as well."""
        view = Findings()
        view._checked = view._declared = self._checked
        view.unchanged = True
        return view

    def take(self, other: Findings) -> None:
        """Add what was found in a part."""
        for error in other._checked if self._bounded else ():
            self._add(False, error)
        if not self._bounded:
            self._checked += other._checked
        self._declared += other._declared
        self._untold += other._untold

    def listed(self) -> list[FieldError]:
        """All errors, in the order in which they are reported; what was found by hand twice, once."""
        untold = [FieldError.untold()] * self._untold
        return [*dict.fromkeys(self._checked), *self._declared, *untold]

    def add(self, error: FieldError) -> None:
        """An error that is made already."""
        self._add(False, error)

    def _add(self, declared: bool, error: FieldError) -> None:
        if self._bounded:
            if error.is_untold or len(self._checked) + len(self._declared) >= MOST_TOLD:
                self._untold += 1
                return
            error = error.shortened()
        (self._declared if declared else self._checked).append(error)

    def required(self, path: str, detail: str = "", *, declared: bool = False) -> None:
        """A value is missing."""
        self._add(declared, FieldError.required(path, detail))

    def invalid(
        self, path: str, value: Any, detail: str, *, declared: bool = False, typed: bool = False
    ) -> None:
        """A value is malformed or out of bounds."""
        self._add(declared, FieldError.invalid(path, shown(value, typed), detail))

    def each_invalid(self, path: str, value: Any, details: Iterable[str], *, declared: bool = False) -> None:
        """The same value is wrong in none, one or several ways."""
        for detail in details:
            self.invalid(path, value, detail, declared=declared)

    def forbidden(self, path: str, detail: str, *, declared: bool = False) -> None:
        """A value must not be set, or not now."""
        self._add(declared, FieldError.forbidden(path, detail))

    def duplicate(self, path: str, value: Any, *, declared: bool = False) -> None:
        """A value was there before."""
        self._add(declared, FieldError("FieldValueDuplicate", f"Duplicate value: {shown(value)}", path))

    def not_found(self, path: str, value: Any, detail: str = "") -> None:
        """A value names something that does not exist."""
        message = f"Not found: {shown(value, typed=True)}"
        message = f"{message}: {detail}" if detail else message
        self._add(False, FieldError("FieldValueNotFound", message, path))

    def internal(self, path: str, detail: str) -> None:
        """Something went wrong that is not the value's fault."""
        self._add(False, FieldError("InternalError", f"Internal error: {detail}", path))

    def not_supported(
        self, path: str, value: Any, supported: Iterable[str], *, declared: bool = False
    ) -> None:
        """A value is outside a fixed set."""
        self._add(declared, FieldError.unsupported(path, value, supported))

    def too_many(self, path: str, count: int, most: int, *, declared: bool = False) -> None:
        """A list or map is too long."""
        message = f"Too many: {count}: must have at most {_plural(most, 'item')}"
        self._add(declared, FieldError("FieldValueTooMany", message, path))

    def too_long(self, path: str, most: int, unit: str = "byte", *, declared: bool = False) -> None:
        """A text is too long; it is not repeated in the message."""
        message = f"Too long: may not be more than {_plural(most, unit)}"
        self._add(declared, FieldError("FieldValueTooLong", message, path))
