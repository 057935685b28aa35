"""The formats of names (dra-semantics 1.1): each function lists what is wrong with a text, nothing if all is well."""

from __future__ import annotations

import re

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
    mismatch,
)

_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*"
_REASON = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?"

_IS_LABEL = re.compile(LABEL)
_IS_SUBDOMAIN = re.compile(SUBDOMAIN)
_IS_1035_LABEL = re.compile(RFC_1035_LABEL)
_IS_CASELESS_SUBDOMAIN = re.compile(SUBDOMAIN, re.ASCII | re.IGNORECASE)
_IS_IDENTIFIER = re.compile(_IDENTIFIER)
_IS_KEY = re.compile(KEY)
_IS_VALUE = re.compile(VALUE)
_IS_REASON = re.compile(_REASON)
_UNDERSCORED = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_UNDERSCORED_SUBDOMAIN = rf"{_UNDERSCORED}(\.{_UNDERSCORED})*"
_CONFIG_KEY = "[-._a-zA-Z0-9]+"
_HEADER = "[-A-Za-z0-9]+"
_IS_UNDERSCORED = re.compile(_UNDERSCORED_SUBDOMAIN)
_IS_CONFIG_KEY = re.compile(_CONFIG_KEY)
_WILDCARD = rf"\*\.{SUBDOMAIN}"
_URL_PATH = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"
_IS_WILDCARD = re.compile(_WILDCARD)
_IS_URL_PATH = re.compile(_URL_PATH)
_IS_HEADER = re.compile(_HEADER)
_IS_PORT_NAME = re.compile("[-a-z0-9]+")
_IS_VARIABLE = re.compile("[ -<>-~]*")
_IS_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_SAID_UNDERSCORED = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', "
    "and must start and end with an alphanumeric character"
)
_SAID_CASELESS = (
    "an RFC 1123 subdomain must consist of alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character"
)
_SAID_IDENTIFIER = (
    "a valid C identifier must start with alphabetic character or '_', "
    "followed by a string of alphanumeric characters or '_'"
)
_SAID_REASON = (
    "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric "
    "characters or '_,:', and must end with an alphanumeric character or '_'"
)


def size(text: str) -> int:
    """Length in bytes, as limits count it."""
    return len(text.encode("utf-8", "surrogatepass"))


def _too_long(most: int, declared: bool = True) -> str:
    # Bytes are counted either way, only the older rules call them characters.
    return f"must be no more than {most} {'bytes' if declared else 'characters'}"


def dns_label(text: str, *, declared: bool = False) -> list[str]:
    """One part of a domain name, in lower case; `declared` rules have other words than those by hand."""
    found = [_too_long(LONGEST_LABEL, declared)] if size(text) > LONGEST_LABEL else []
    if not _IS_LABEL.fullmatch(text):
        dots = _IS_SUBDOMAIN.fullmatch(text)
        found.append("must not contain dots" if dots else NOT_LABEL)
    return found


def dns_1035_label(text: str) -> list[str]:
    """One part of a domain name that begins with a letter."""
    found = [_too_long(LONGEST_LABEL)] if size(text) > LONGEST_LABEL else []
    if not _IS_1035_LABEL.fullmatch(text):
        found.append(NOT_RFC_1035_LABEL)
    return found


def dns_subdomain(text: str, *, declared: bool = False) -> list[str]:
    """A domain name in lower case; `declared` as for labels."""
    found = [_too_long(LONGEST_SUBDOMAIN, declared)] if size(text) > LONGEST_SUBDOMAIN else []
    if not _IS_SUBDOMAIN.fullmatch(text):
        found.append(NOT_SUBDOMAIN)
    return found


def dns_subdomain_caseless(text: str) -> list[str]:
    """A domain name in any case."""
    found = [_too_long(LONGEST_SUBDOMAIN)] if size(text) > LONGEST_SUBDOMAIN else []
    if not _IS_CASELESS_SUBDOMAIN.fullmatch(text):
        found.append(mismatch(_SAID_CASELESS, SUBDOMAIN, "Example.com"))
    return found


def dns_subdomain_underscored(text: str) -> list[str]:
    """A domain name whose parts may have underscores."""
    found = [_too_long(LONGEST_SUBDOMAIN, False)] if size(text) > LONGEST_SUBDOMAIN else []
    if not _IS_UNDERSCORED.fullmatch(text):
        found.append(mismatch(_SAID_UNDERSCORED, _UNDERSCORED_SUBDOMAIN, "example.com"))
    return found


def path_segment(text: str) -> list[str]:
    """A name that has only to fit into the path of a URL."""
    if text in (".", ".."):
        return [f"may not be '{text}'"]
    return [f"may not contain '{one}'" for one in "/%" if one in text]


def port_name(text: str) -> list[str]:
    """The name of a port."""
    found = [_too_long(15, False)] if size(text) > 15 else []
    if not _IS_PORT_NAME.fullmatch(text):
        found.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", text):
        found.append("must contain at least one letter (a-z)")
    if "--" in text:
        found.append("must not contain consecutive hyphens")
    if text.startswith("-") or text.endswith("-"):
        found.append("must not begin or end with a hyphen")
    return found


def in_range(number: int, low: int, high: int) -> list[str]:
    """A whole number between two others, these included."""
    return [] if low <= number <= high else [f"must be between {low} and {high}, inclusive"]


def variable_name(text: str) -> list[str]:
    """The name of an environment variable."""
    if text and _IS_VARIABLE.fullmatch(text):
        return []
    if not text:
        return ["environment variable name must be non-empty"]
    return [
        "a valid environment variable name must consist only of printable ASCII characters other than '='"
    ]


def config_key(text: str) -> list[str]:
    """A key of a ConfigMap or Secret."""
    found = [_too_long(LONGEST_SUBDOMAIN, False)] if size(text) > LONGEST_SUBDOMAIN else []
    if not _IS_CONFIG_KEY.fullmatch(text):
        said = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        found.append(mismatch(said, _CONFIG_KEY, "key.name", "KEY_NAME", "key-name"))
    if text in (".", ".."):
        found.append(f"must not be '{text}'")
    elif text.startswith(".."):
        found.append("must not start with '..'")
    return found


def wildcard_subdomain(text: str) -> list[str]:
    """A domain name in lower case whose first part is a star."""
    found = [_too_long(LONGEST_SUBDOMAIN, False)] if size(text) > LONGEST_SUBDOMAIN else []
    if not _IS_WILDCARD.fullmatch(text):
        said = (
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of "
            "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"
        )
        found.append(mismatch(said, _WILDCARD, "*.example.com"))
    return found


def url_path(text: str) -> list[str]:
    """What stands behind a domain and a slash."""
    return (
        [] if _IS_URL_PATH.fullmatch(text) else [f"Invalid path (regex used for validation is '{_URL_PATH}')"]
    )


def header_name(text: str) -> list[str]:
    """The name of an HTTP header."""
    if _IS_HEADER.fullmatch(text):
        return []
    said = "a valid HTTP header must consist of alphanumeric characters or '-'"
    return [mismatch(said, _HEADER, "X-Header-Name")]


def c_identifier(text: str) -> list[str]:
    """A name as C has them; how long it may be is the caller's affair."""
    if _IS_IDENTIFIER.fullmatch(text):
        return []
    return [mismatch(_SAID_IDENTIFIER, _IDENTIFIER, "my_name", "MY_NAME", "MyName")]


def label_key(text: str) -> list[str]:
    """A label's key: a name, with a domain and a slash before it or not."""
    prefix, slash, name = text.rpartition("/")
    if "/" in prefix:
        return [NOT_LABEL_KEY]
    found = []
    if slash and not prefix:
        found.append("prefix part must be non-empty")
    elif slash:
        found += [f"prefix part {said}" for said in dns_subdomain(prefix, declared=True)]
    if not name:
        found.append("name part must be non-empty")
    elif size(name) > LONGEST_LABEL:
        found.append("name part " + _too_long(LONGEST_LABEL))
    if not _IS_KEY.fullmatch(name):
        found.append("name part " + NOT_KEY)
    return found


def label_value(text: str) -> list[str]:
    """A label's value; may be empty."""
    found = [_too_long(LONGEST_LABEL)] if size(text) > LONGEST_LABEL else []
    if not _IS_VALUE.fullmatch(text):
        found.append(NOT_VALUE)
    return found


def condition_reason(text: str) -> list[str]:
    """The reason of a condition."""
    if _IS_REASON.fullmatch(text):
        return []
    examples = ("my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB")
    return [mismatch(_SAID_REASON, _REASON, *examples)]


def uuid(text: str) -> list[str]:
    """A UUID in its usual form, in lower case."""
    return [] if _IS_UUID.fullmatch(text) else ["must be a lowercase UUID in 8-4-4-4-12 format"]
