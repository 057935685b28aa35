"""The sections of benchmarks/results.md: each program writes its own, between two marks, and leaves those of others as they are.

A section says when it was measured, on how many processors, and what the machine had to do already when the program began.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable
from pathlib import Path

PAGE = Path(__file__).with_name("results.md")


def circumstances() -> str:
    """One sentence: the date, the processors that there are, and how many processes wanted one before this program did."""
    minute, minutes, _ = os.getloadavg()
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    return (
        f"Measured on {date} with {os.cpu_count() or 1} processors; the load of the machine when it began was"
        f" {minute:.2f} over one minute and {minutes:.2f} over five."
    )


def write(name: str, heading: str, began: str, lines: Iterable[str], page: Path = PAGE) -> None:
    """Put a section in place of the one of that name, or at the end where there is none.

    `began` is what `circumstances` said before anything was measured. ValueError if the marks on the page are not a pair.
    """
    first, last = f"<!-- {name} -->", f"<!-- end of {name} -->"
    text = page.read_text() if page.exists() else "# Results\n"
    body = "\n".join(lines).strip("\n")
    section = f"{first}\n## {heading}\n\n{began}\n\n{body}\n{last}"
    before, begins, rest = text.partition(first)
    _, ends, after = rest.partition(last)
    if text.count(first) != text.count(last) or bool(begins) != bool(ends) or text.count(first) > 1:
        raise ValueError(f"{page}: the section {name!r} does not begin and end once")
    whole = (part.strip() for part in (before, section, after))
    page.write_text("\n\n".join(filter(None, whole)) + "\n")
