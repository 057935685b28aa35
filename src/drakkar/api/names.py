"""What names look like: the patterns of RFC 1123 and RFC 1035 and of labels, and what is said of a text that does not."""

from __future__ import annotations

import re
from typing import Final

LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN: Final = rf"{LABEL}(\.{LABEL})*"
RFC_1035_LABEL: Final = "[a-z]([-a-z0-9]*[a-z0-9])?"
# The part of a label's key after the slash, and a label's value.
KEY: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
VALUE: Final = f"({KEY})?"

# In bytes.
LONGEST_LABEL: Final = 63
LONGEST_SUBDOMAIN: Final = 253


def mismatch(rule: str, pattern: str, *examples: str) -> str:
    """A rule, what would be right, and the pattern that a text has to match, in the words of upstream's messages."""
    # Two blanks before "or" are no slip here: that is how the list is read everywhere.
    given = " or ".join(f"'{one}', " for one in examples)
    return f"{rule} (e.g. {given}regex used for validation is '{pattern}')"


_ENDS: Final = "must start and end with an alphanumeric character"
NOT_LABEL: Final = mismatch(
    f"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and {_ENDS}",
    LABEL,
    "my-name",
    "123-abc",
)
NOT_SUBDOMAIN: Final = mismatch(
    f"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and {_ENDS}",
    SUBDOMAIN,
    "example.com",
)
NOT_RFC_1035_LABEL: Final = mismatch(
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
    "start with an alphabetic character, and end with an alphanumeric character",
    RFC_1035_LABEL,
    "my-name",
    "abc-123",
)
NOT_KEY: Final = mismatch(
    f"must consist of alphanumeric characters, '-', '_' or '.', and {_ENDS}",
    KEY,
    "MyName",
    "my.name",
    "123-abc",
)
# More than one slash.
NOT_LABEL_KEY: Final = (
    f"a valid label key {NOT_KEY} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
)
NOT_VALUE: Final = mismatch(
    f"a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and {_ENDS}",
    VALUE,
    "MyValue",
    "my_value",
    "12345",
)

_LABEL: Final = re.compile(LABEL)
_SUBDOMAIN: Final = re.compile(SUBDOMAIN)
_KEY: Final = re.compile(KEY)


def is_label(text: str) -> bool:
    """Whether a text is a label of RFC 1123 in lower case."""
    return len(text) <= LONGEST_LABEL and _LABEL.fullmatch(text) is not None


def is_subdomain(text: str) -> bool:
    """Whether a text is a domain name of RFC 1123 in lower case."""
    return len(text) <= LONGEST_SUBDOMAIN and _SUBDOMAIN.fullmatch(text) is not None


def is_key(text: str) -> bool:
    """Whether a text may be a label's key without a domain, or a label's value that is not empty."""
    return len(text) <= LONGEST_LABEL and _KEY.fullmatch(text) is not None


def is_label_key(text: str) -> bool:
    """Whether a text may be a label's key: a name, with a domain and a slash before it or not."""
    domain, slash, name = text.rpartition("/")
    return is_key(name) and (not slash or is_subdomain(domain))
