"""What names look like: the patterns of RFC 1123 and RFC 1035 and of labels, written as upstream's messages show them."""

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
