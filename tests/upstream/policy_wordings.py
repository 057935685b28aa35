"""Where messages about admission policies are meant to differ between the original and ours, each with its reason."""

from __future__ import annotations

import re

# The original goes on after the first error of an expression, ours tells the first.
_MORE_ERRORS = re.compile(
    r"(ERROR: <input>:[^\n]*\n \|[^\n]*\n \|[ .^]*\^)(?:\nERROR: .*?\^(?=$|\n))*", re.DOTALL
)
# The original's parser lists every token that it might have gone on with.
_EXPECTING = re.compile(r"(Syntax error: mismatched input '[^']*' expecting )[^\n]*")
# Ours says which text it is that could not be converted, and for what types there is no overload.
_UNCONVERTED = re.compile(r"(type conversion error from '[a-z]*' to '[A-Za-z.]*'): '[^']*'")
_OVERLOAD = re.compile(r"(no such overload): [^\n']*?(?=$|\n|'\])")
# The original names its own types or patterns here; ours says what is wanted.
_RANGE = re.compile(r"got 'types\.\w*', expected iterable type|unsupported comprehension range type: \w+")
_QUANTITY = re.compile(
    r"quantities must match the regular expression '[^\n]*?'(?=$|\n)|'[^']*' is not a quantity: [^\n]*"
)
_VERSION = re.compile(
    r"No Major.Minor.Patch elements found|Invalid character\(s\) found in [^\n]*"
    r"|'[^']*' is not a semantic version: [^\n]*"
)
# Upstream gives the types of objects names with the time in them.
_TYPE = re.compile(r"\b([A-Z][A-Za-z]+)[0-9]{3,}")
# Names that the servers made.
_SUFFIX = re.compile("((?:generated|ways)-)[a-z0-9]{5}")
_LISTED = (
    (_MORE_ERRORS, r"\1"),
    (_EXPECTING, r"\1..."),
    (_UNCONVERTED, r"\1"),
    (_OVERLOAD, r"\1"),
    (_RANGE, "no range"),
    (_QUANTITY, "no quantity"),
    (_VERSION, "no version"),
    (_TYPE, r"\1"),
    (_SUFFIX, r"\1*"),
)


def same(text: str) -> str:
    """A message without what is meant to differ."""
    for pattern, kept in _LISTED:
        text = pattern.sub(kept, text)
    return text
