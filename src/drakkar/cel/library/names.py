"""The named formats of Kubernetes' CEL library: each tells what is wrong with a text, in upstream's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, ClassVar, Final

from drakkar.api.names import (
    KEY,
    LABEL,
    LONGEST_LABEL,
    LONGEST_SUBDOMAIN,
    NOT_KEY,
    NOT_LABEL,
    NOT_LABEL_KEY,
    NOT_RFC_1035_LABEL,
    NOT_SUBDOMAIN,
    NOT_VALUE,
    RFC_1035_LABEL,
    SUBDOMAIN,
    VALUE,
)
from drakkar.cel.library.urls import check_request_uri
from drakkar.cel.outcome import Fault
from drakkar.cel.values import NONE, Optional

_UUID: Final = "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$"
_TIME: Final = "^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$"
_BASE64: Final = re.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})")
_DATE: Final = re.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})")


@dataclass(frozen=True, slots=True)
class NamedFormat:
    """A format; two are equal if they have the same name."""

    cel_type: ClassVar[str] = "kubernetes.NamedFormat"

    name: str
    # The length of its regular expression, or of one like it: what upstream reckons the cost with.
    max_regex_size: int = field(compare=False)
    validate: Callable[[str], tuple[str, ...]] = field(compare=False)


def _bytes(text: str) -> int:
    return len(text.encode(errors="surrogateescape"))


def _too_long(text: str, limit: int, unit: str) -> tuple[str, ...]:
    return (f"must be no more than {limit} {unit}",) if _bytes(text) > limit else ()


def _matches(regex: str, text: str) -> bool:
    return re.fullmatch(regex, text, re.ASCII) is not None


def _label(text: str) -> tuple[str, ...]:
    problems = _too_long(text, LONGEST_LABEL, "characters")
    if _matches(LABEL, text):
        return problems
    if _matches(SUBDOMAIN, text):
        return (*problems, "must not contain dots")
    return (*problems, NOT_LABEL)


def _subdomain(text: str, unit: str = "characters") -> tuple[str, ...]:
    problems = _too_long(text, LONGEST_SUBDOMAIN, unit)
    if _matches(SUBDOMAIN, text):
        return problems
    return (*problems, NOT_SUBDOMAIN)


def _dns1035_label(text: str) -> tuple[str, ...]:
    problems = _too_long(text, LONGEST_LABEL, "characters")
    if _matches(RFC_1035_LABEL, text):
        return problems
    return (*problems, NOT_RFC_1035_LABEL)


def _prefix(check: Callable[[str], tuple[str, ...]], text: str) -> tuple[str, ...]:
    """A prefix of a generated name may end in a hyphen, which upstream replaces, with the character before it."""
    data = text.encode(errors="surrogateescape")
    if len(data) > 1 and data.endswith(b"-"):
        text = (data[:-2] + b"a").decode(errors="surrogateescape")
    return check(text)


def _qualified_name(text: str) -> tuple[str, ...]:
    parts = text.split("/")
    if len(parts) > 2:
        return (NOT_LABEL_KEY,)
    problems: list[str] = []
    name = parts[-1]
    if len(parts) == 2:
        wrong = _subdomain(parts[0], "bytes") if parts[0] else ("must be non-empty",)
        problems += (f"prefix part {problem}" for problem in wrong)
    if not name:
        problems.append("name part must be non-empty")
    problems += (f"name part {problem}" for problem in _too_long(name, LONGEST_LABEL, "bytes"))
    if not _matches(KEY, name):
        problems.append(f"name part {NOT_KEY}")
    return tuple(problems)


def _label_value(text: str) -> tuple[str, ...]:
    problems = _too_long(text, LONGEST_LABEL, "bytes")
    if _matches(VALUE, text):
        return problems
    return (*problems, NOT_VALUE)


def _uri(text: str) -> tuple[str, ...]:
    try:
        check_request_uri(text)
    except Fault as fault:
        return (str(fault),)
    return ()


def _unless(valid: Callable[[str], bool], problem: str, text: str) -> tuple[str, ...]:
    return () if valid(text) else (problem,)


def _is_uuid(text: str) -> bool:
    # Only ASCII: no letter up to f has a sibling elsewhere.
    return re.fullmatch(_UUID[5:-1], text, re.ASCII | re.IGNORECASE) is not None


def _is_base64(text: str) -> bool:
    return _BASE64.fullmatch(text) is not None


def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    year, month, day = map(int, match.groups())
    try:
        # There is a year 0 in Go, a leap year like 400.
        date(year or 400, month, day)
    except ValueError:
        return False
    return True


def _is_datetime(text: str) -> bool:
    day, separator, rest = text.replace("T", "t").partition("t")
    if not separator or not _is_date(day):
        return False
    match = re.fullmatch(_TIME[1:-1], rest.partition("t")[0].replace("Z", "z"))
    # Text is compared, as upstream does: the seconds go up to 59.
    return match is not None and match[1] <= "23" and match[2] <= "59" and match[3] <= "59"


FORMATS: Final[Mapping[str, NamedFormat]] = {
    "dns1123Label": NamedFormat("DNS1123Label", 30, _label),
    "dns1123Subdomain": NamedFormat("DNS1123Subdomain", 60, _subdomain),
    "dns1035Label": NamedFormat("DNS1035Label", 30, _dns1035_label),
    "qualifiedName": NamedFormat("QualifiedName", 60, _qualified_name),
    "dns1123LabelPrefix": NamedFormat("DNS1123LabelPrefix", 30, partial(_prefix, _label)),
    "dns1123SubdomainPrefix": NamedFormat("DNS1123SubdomainPrefix", 60, partial(_prefix, _subdomain)),
    "dns1035LabelPrefix": NamedFormat("DNS1035LabelPrefix", 30, partial(_prefix, _dns1035_label)),
    "labelValue": NamedFormat("LabelValue", 40, _label_value),
    "uri": NamedFormat("URI", 1103, _uri),
    "uuid": NamedFormat("uuid", len(_UUID), partial(_unless, _is_uuid, "does not match the UUID format")),
    "byte": NamedFormat("byte", 84, partial(_unless, _is_base64, "invalid base64")),
    "date": NamedFormat("date", len(_TIME), partial(_unless, _is_date, "invalid date")),
    "datetime": NamedFormat("datetime", len(_TIME), partial(_unless, _is_datetime, "invalid datetime")),
}


def named(name: str) -> Optional:
    """`format.named`: the format of that name, if there is one."""
    return Optional(True, FORMATS[name]) if name in FORMATS else NONE


def validate(named_format: NamedFormat, text: str) -> Optional:
    """`validate`: a list of what is wrong; none if nothing is."""
    problems = named_format.validate(text)
    return Optional(True, problems) if problems else NONE


def _constant(value: NamedFormat) -> Callable[[], NamedFormat]:
    return lambda: value


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "format-named": named,
    "format-validate": validate,
    **{f"format.{name}": _constant(value) for name, value in FORMATS.items()},
}
