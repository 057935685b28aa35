"""docs/spec and the code name each other: every rule that is cited is there, and so is every test that holds one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SPEC = ROOT / "docs" / "spec"
_NUMBER = r"\d+(?:\.\d+)*"
# A chapter or section by its heading, a rule by its place in a list.
_RULE = re.compile(rf"^(?:#+ ({_NUMBER}) |- \*\*({_NUMBER})\*\* )", re.MULTILINE)
_CITED = re.compile(rf"dra-semantics\s+({_NUMBER}(?:(?:, | to | and ){_NUMBER})*)")
# The cases of validation are named after the rules.
_CASE = re.compile(rf'Case\(\s*"({_NUMBER}) ')
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
# A rule in a list, with all its lines.
_WHOLE_RULE = re.compile(rf"^- \*\*({_NUMBER})\*\* .*\n(?:\n?  .*\n)*", re.MULTILINE)
_SEE = re.compile(rf"\b[Ss]ee {_NUMBER}")
_REFERENCE = re.compile(r"\bK\d+\b|(?<![\d.])\d+\.\d+(?:\.\d+)*")
_QUIRK_ROW = re.compile(r"^\| (K\d+) \|", re.MULTILINE)
# Numbers in the text that are no rules.
_VERSIONS = ("1.37", "1.37.2", "2.0.0")


@cache
def _chapters() -> dict[Path, str]:
    return {path: path.read_text() for path in sorted(SPEC.rglob("*.md"))}


def _rules() -> Counter[str]:
    return Counter(
        heading or listed for text in _chapters().values() for heading, listed in _RULE.findall(text)
    )


@cache
def _sources() -> dict[Path, str]:
    found = (path for room in ("src", "tests") for path in sorted((ROOT / room).rglob("*.py")))
    return {path: path.read_text() for path in found if path != Path(__file__).resolve()}


def _where(path: Path, text: str, at: int) -> str:
    return f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, at) + 1}"


def _citations() -> Iterator[tuple[str, str]]:
    """Where a rule is cited, and its number."""
    for path, text in _sources().items():
        found = [*_CITED.finditer(text), *_CASE.finditer(text)]
        for match in found:
            for number in re.findall(_NUMBER, match[1]):
                yield _where(path, text, match.start()), number


def test_every_rule_that_is_cited_is_in_the_spec() -> None:
    rules = _rules()
    missing = [f"{where} cites {number}" for where, number in _citations() if number not in rules]
    assert not missing, "\n".join(["no such rule in docs/spec:", *missing])


def test_every_citation_says_which_rule() -> None:
    vague = [
        _where(path, text, match.start())
        for path, text in _sources().items()
        for match in re.finditer(r"dra-semantics(?!\s+\d)", text)
    ]
    assert not vague, "\n".join(["dra-semantics is named without the number of a rule:", *vague])


def test_no_number_is_given_twice() -> None:
    assert [number for number, times in _rules().items() if times > 1] == []


def test_every_test_that_the_spec_names_exists() -> None:
    missing = []
    for chapter, text in _chapters().items():
        for match in _TEST.finditer(text):
            path, name = ROOT / match[1], match[2]
            source = _sources().get(path, "")
            if not re.search(rf"^(?:async )?def {name}\(", source, re.MULTILINE):
                missing.append(f"{_where(chapter, text, match.start())} names {match[1]}::{name}")
    assert not missing, "\n".join(["no such test:", *missing])


def test_rules_refer_to_rules_and_quirks_that_are_there() -> None:
    there = {*_rules(), *_VERSIONS}
    there |= {quirk for text in _chapters().values() for quirk in _QUIRK_ROW.findall(text)}
    missing = [
        f"{_where(chapter, text, match.start())} refers to {match[0]}"
        for chapter, text in _chapters().items()
        for match in _REFERENCE.finditer(text)
        if match[0] not in there
    ]
    assert not missing, "\n".join(["no such rule or quirk:", *missing])


def test_every_rule_names_a_test_or_another_rule() -> None:
    """Less what a chapter says of what is not built."""
    silent = [
        f"{_where(chapter, text, match.start())}: {match[1]}"
        for chapter, text in _chapters().items()
        for match in _WHOLE_RULE.finditer(text.partition("\n## Not built\n")[0])
        if not (_TEST.search(match[0]) or _SEE.search(match[0]))
    ]
    assert not silent, "\n".join(["no test and no other rule is named by:", *silent])
