"""The regular expressions of Go's regexp package, read as Go reads them and written down for RE2."""

from __future__ import annotations

from typing import Final, NamedTuple

from drakkar.cel.library.regex_classes import POSIX, UNFOLDED, property_items
from drakkar.cel.outcome import Fault, LimitExceeded

# A pattern may be computed; one longer than this is not worth the memory it would take.
_LONGEST: Final = 100_000
_MAX_HEIGHT: Final = 1000
_MAX_REPEAT: Final = 1000
# The instructions that Go allows a program to have.
_MAX_SIZE: Final = (128 << 20) // 40
_HUGE: Final = 10**8
_SIMPLE_ESCAPES: Final = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_ASSERTIONS: Final = {"A": r"\A", "b": r"\b", "B": r"\B", "z": r"\z"}
_DIGITS: Final = frozenset("0123456789")
_OCTAL: Final = frozenset("01234567")
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_ALNUM: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_OPERATORS: Final = frozenset("*+?")


class Translation(NamedTuple):
    """A pattern for RE2, without groups and flags; `properties` tells whether it names Unicode classes."""

    pattern: str
    properties: bool


class _Flags(NamedTuple):
    fold: bool = False  # i
    lines: bool = False  # m
    dot_all: bool = False  # s
    lazy: bool = False  # U


class _Node(NamedTuple):
    """A part of the pattern. The numbers are those by which Go limits what it accepts."""

    text: str
    op: str = "other"  # or literal, fold-literal, class, concat, alternate
    loose: int = 0  # 1: a repeat operator would take the last piece only; 2: so would a neighbour
    height: int = 1
    size: int = 1
    repeats: int = 1  # the largest product of counts on a way down

    @property
    def one(self) -> bool:
        """It matches one character, whichever way it is written."""
        return self.op == "class" or (self.op in ("literal", "fold-literal") and self.size == 1)


class _Frame(NamedTuple):
    """An open group."""

    flags: _Flags
    captures: bool
    alternatives: list[_Node]
    items: list[_Node]


def translate(pattern: str) -> Translation:
    """Reads a pattern; Fault where Go's regexp.Compile gives an error."""
    if len(pattern) > _LONGEST:
        raise LimitExceeded
    if any("\ud800" <= char <= "\udfff" for char in pattern):
        raise _bad("invalid UTF-8", pattern)
    return _Parser(pattern).parse()


def _bad(reason: str, part: str) -> Fault:
    return Fault(f"error parsing regexp: {reason}: `{part}`")


def _code(char: int) -> str:
    return f"\\x{{{char:x}}}"


def _wrapped(node: _Node, limit: int) -> str:
    return f"(?:{node.text})" if node.loose > limit else node.text


class _Parser:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.flags = _Flags()
        self.frames = [_Frame(self.flags, False, [], [])]
        self.properties = False
        self.nodes = 0
        self.product = 1

    def parse(self) -> Translation:
        pattern = self.pattern
        last_repeat = False
        while self.at < len(pattern):
            char = pattern[self.at]
            repeat = False
            if char in _OPERATORS:
                self.at += 1
                self.repeat(char, last_repeat)
                repeat = True
            elif char == "{":
                repeat = self.counted(last_repeat)
            else:
                self.piece(char)
            last_repeat = repeat
        if len(self.frames) > 1:
            raise _bad("missing closing )", pattern)
        return Translation(self.close().text, self.properties)

    def piece(self, char: str) -> None:
        """Reads everything but a repeat operator."""
        frame = self.frames[-1]
        if char == "(":
            if self.pattern.startswith("(?", self.at):
                self.group()
            else:
                self.at += 1
                self.open(captures=True, flags=self.flags)
        elif char == "|":
            self.at += 1
            self.add_alternative(frame)
        elif char == ")":
            self.at += 1
            if len(self.frames) == 1:
                raise _bad("unexpected )", self.pattern)
            node = self.close()
            self.flags = frame.flags
            if frame.captures:
                node = node._replace(op="other", height=node.height + 1, size=node.size + 2)
            self.push(node)
        elif char == "[":
            self.push(self.char_class())
        elif char == "\\":
            self.backslash()
        else:
            self.at += 1
            if char == "^":
                self.push(_Node("(?m:^)" if self.flags.lines else r"\A"))
            elif char == "$":
                self.push(_Node("(?m:$)" if self.flags.lines else r"\z"))
            elif char == ".":
                self.push(_Node("(?s:.)" if self.flags.dot_all else ".", "class"))
            else:
                self.literal(ord(char))

    def push(self, node: _Node) -> None:
        self.nodes += 1
        self.frames[-1].items.append(node)
        self.check(node)

    def check(self, node: _Node) -> None:
        if node.height > _MAX_HEIGHT:
            raise _bad("expression nests too deeply", self.pattern)
        if node.size > _MAX_SIZE and self.nodes >= _MAX_SIZE // min(self.product, _MAX_SIZE):
            raise _bad("expression too large", self.pattern)

    def literal(self, code: int) -> None:
        char = chr(code)
        text = char if char in _ALNUM else _code(code)
        if self.flags.fold:
            self.push(_Node(f"(?i:{text})", "fold-literal"))
        else:
            self.push(_Node(text, "literal"))

    def open(self, captures: bool, flags: _Flags) -> None:
        self.frames.append(_Frame(self.flags, captures, [], []))
        self.flags = flags

    def close(self) -> _Node:
        """The node of the innermost group."""
        frame = self.frames.pop()
        self.add_alternative(frame)
        nodes = frame.alternatives
        if len(nodes) == 1:
            return nodes[0]
        node = _Node(
            "|".join(node.text for node in nodes),
            "alternate",
            2,
            1 + max(node.height - (node.op == "alternate") for node in nodes),
            sum(node.size for node in nodes) + len(nodes) - 1,
            max(node.repeats for node in nodes),
        )
        self.check(node)
        return node

    def add_alternative(self, frame: _Frame) -> None:
        node = self.concat(frame.items)
        frame.items.clear()
        alternatives = frame.alternatives
        if alternatives and alternatives[-1].one and node.one:
            # Go makes one character class of them.
            alternatives[-1] = _Node(f"{alternatives[-1].text}|{node.text}", "class", 2)
        else:
            alternatives.append(node)

    def concat(self, items: list[_Node]) -> _Node:
        if not items:
            return _Node("(?:)")
        if len(items) == 1:
            return items[0]
        text = "".join(_wrapped(node, 1) for node in items)
        size = sum(node.size for node in items)
        op = items[0].op
        if op in ("literal", "fold-literal") and all(node.op == op for node in items):
            return _Node(text, op, 1, 1, size)
        node = _Node(
            text,
            "concat",
            1,
            1 + max(node.height - (node.op == "concat") for node in items),
            size,
            max(node.repeats for node in items),
        )
        self.check(node)
        return node

    def repeat(self, operator: str, after_repeat: bool, low: int = -1, high: int = -1) -> None:
        lazy = self.flags.lazy
        if self.pattern.startswith("?", self.at):
            self.at += 1
            lazy = not lazy
        if after_repeat:
            raise _bad("invalid nested repetition operator", operator)
        items = self.frames[-1].items
        if not items:
            raise _bad("missing argument to repetition operator", operator)
        inner = items.pop()
        size, repeats = inner.size, inner.repeats
        if low < 0:
            size += 2 if operator == "*" else 1
        elif high < 0:
            size = 1 + low * size if low else 2 + size
        else:
            size = max(1, high * size + high - low)
        if low >= 0:
            count = low if high < 0 else high
            # {0} leaves nothing of what is below it.
            repeats = 1 if high == 0 else max(count, 1) * repeats
            self.product = min(self.product * max(count, 1), _MAX_SIZE)
        text = _wrapped(inner, 0) + operator + ("?" if lazy else "")
        if high == 0:
            text = "(?:)"  # RE2 would still count what is in it
        self.push(_Node(text, "other", 1, inner.height + 1, size, repeats))
        if (low >= 2 or high >= 2) and repeats > _MAX_REPEAT:
            raise _bad("invalid repeat count", operator)

    def counted(self, after_repeat: bool) -> bool:
        """Reads `{n}`, `{n,}` or `{n,m}`; whatever looks otherwise is the character itself."""
        start = self.at
        self.at += 1
        low = self.number()
        high: int | None = low
        if low is not None and self.pattern.startswith(",", self.at):
            self.at += 1
            if self.pattern.startswith("}", self.at):
                high = -1
            else:
                high = self.number()
                if high is not None and high >= _HUGE:
                    low = _HUGE
        if low is None or high is None or not self.pattern.startswith("}", self.at):
            self.at = start + 1
            self.literal(ord("{"))
            return False
        self.at += 1
        operator = self.pattern[start : self.at]
        if low > _MAX_REPEAT or high > _MAX_REPEAT or 0 <= high < low:
            raise _bad("invalid repeat count", operator)
        self.repeat(operator, after_repeat, low, high)
        return True

    def number(self) -> int | None:
        start = self.at
        while self.at < len(self.pattern) and self.pattern[self.at] in _DIGITS:
            self.at += 1
        digits = self.pattern[start : self.at]
        if not digits or (digits[0] == "0" and len(digits) > 1):
            return None
        return int(digits) if len(digits) < 9 else _HUGE

    def group(self) -> None:
        """Reads `(?P<name>`, `(?<name>`, `(?flags)` or `(?flags:`."""
        start = self.at
        rest = self.pattern[start : start + 5]
        for opening in ("(?P<", "(?<"):
            if rest.startswith(opening) and len(rest) > len(opening):
                end = self.pattern.find(">", start)
                name = self.pattern[start + len(opening) : end] if end >= 0 else ""
                if not name or any(char != "_" and char not in _ALNUM for char in name):
                    raise _bad("invalid named capture", self.pattern[start:])
                self.at = end + 1
                self.open(captures=True, flags=self.flags)
                return
        flags = self.flags
        value, seen = True, False
        self.at += 2
        while self.at < len(self.pattern):
            char = self.pattern[self.at]
            self.at += 1
            if char == "i":
                flags, seen = flags._replace(fold=value), True
            elif char == "m":
                flags, seen = flags._replace(lines=value), True
            elif char == "s":
                flags, seen = flags._replace(dot_all=value), True
            elif char == "U":
                flags, seen = flags._replace(lazy=value), True
            elif char == "-" and value:
                value, seen = False, False
            elif char in ":)" and (value or seen):
                if char == ":":
                    self.open(captures=False, flags=flags)
                self.flags = flags
                return
            else:
                break
        raise _bad("invalid or unsupported Perl syntax", self.pattern[start : self.at])

    def backslash(self) -> None:
        """Reads what begins with a backslash outside a class."""
        char = self.pattern[self.at + 1 : self.at + 2]
        if char in _ASSERTIONS:
            self.at += 2
            self.push(_Node(_ASSERTIONS[char]))
        elif char == "C":
            raise _bad("invalid escape sequence", r"\C")
        elif char == "Q":
            end = self.pattern.find("\\E", self.at + 2)
            literal = self.pattern[self.at + 2 : end if end >= 0 else len(self.pattern)]
            self.at = end + 2 if end >= 0 else len(self.pattern)
            for quoted in literal:
                self.literal(ord(quoted))
        elif (items := self.named_items()) is not None:
            self.push(self.class_node(items, negated=False))
        else:
            self.literal(self.escape())

    def named_items(self) -> str | None:
        r"""Reads `\d`, `\pL` and their like: what stands for them in a class; None if there is none."""
        pattern, at = self.pattern, self.at
        char = pattern[at + 1 : at + 2] if pattern.startswith("\\", at) else ""
        if char and char in "dDsSwW":
            self.at += 2
            return f"\\{char}"
        if not char or char not in "pP":
            return None
        if at + 2 == len(pattern):
            raise _bad("invalid character class range", pattern[at:])
        end = pattern.find("}", at) if pattern[at + 2] == "{" else at + 2
        if end < 0:
            raise _bad("invalid character class range", pattern[at:])
        self.at = end + 1
        name = pattern[at + 3 : end] if pattern[at + 2] == "{" else pattern[at + 2]
        items = property_items(name, char == "P", self.flags.fold)
        if items is None:
            raise _bad("invalid character class range", pattern[at : self.at])
        self.properties = True
        return items

    def class_node(self, items: str, negated: bool) -> _Node:
        if not items:
            items, negated = r"\x{0}-\x{10ffff}", not negated
        text = f"[{'^' if negated else ''}{items}]"
        return _Node(f"(?i:{text})" if self.flags.fold and items not in UNFOLDED else text, "class")

    def char_class(self) -> _Node:
        pattern, start = self.pattern, self.at
        self.at += 1
        negated = pattern.startswith("^", self.at)
        self.at += negated
        items: list[str] = []
        first = True
        while first or not pattern.startswith("]", self.at):
            first = False
            if pattern.startswith("[:", self.at) and (end := pattern.find(":]", self.at + 2)) >= 0:
                name = pattern[self.at : end + 2]
                if name not in POSIX:
                    raise _bad("invalid character class range", name)
                self.at = end + 2
                items.append(name)
                continue
            if (named := self.named_items()) is not None:
                items.append(named)
                continue
            range_start = self.at
            low = high = self.class_char(start)
            if pattern.startswith("-", self.at) and pattern[self.at + 1 : self.at + 2] not in ("", "]"):
                self.at += 1
                high = self.class_char(start)
                if high < low:
                    raise _bad("invalid character class range", pattern[range_start : self.at])
            items.append(_code(low) if low == high else f"{_code(low)}-{_code(high)}")
        self.at += 1
        return self.class_node("".join(items), negated)

    def class_char(self, start: int) -> int:
        if self.at == len(self.pattern):
            raise _bad("missing closing ]", self.pattern[start:])
        if self.pattern[self.at] == "\\":
            return self.escape()
        self.at += 1
        return ord(self.pattern[self.at - 1])

    def escape(self) -> int:
        """Reads the escape of one character."""
        pattern, start = self.pattern, self.at
        if start + 1 == len(pattern):
            raise _bad("trailing backslash at end of expression", "")
        char = pattern[start + 1]
        self.at += 2
        if char in _OCTAL and (char == "0" or pattern[self.at : self.at + 1] in _OCTAL):
            while self.at < min(len(pattern), start + 4) and pattern[self.at] in _OCTAL:
                self.at += 1
            return int(pattern[start + 1 : self.at], 8)
        if char == "x":
            code = self.hexadecimal()
            if code is not None:
                return code
        elif char in _SIMPLE_ESCAPES:
            return _SIMPLE_ESCAPES[char]
        elif char.isascii() and char not in _ALNUM:
            return ord(char)
        raise _bad("invalid escape sequence", pattern[start : self.at])

    def hexadecimal(self) -> int | None:
        r"""What follows `\x`: two digits, or any number of them in braces."""
        pattern = self.pattern
        if pattern.startswith("{", self.at):
            end = pattern.find("}", self.at)
            digits = pattern[self.at + 1 : end] if end >= 0 else ""
            self.at = end + 1 if end >= 0 else len(pattern)
        else:
            digits = pattern[self.at : self.at + 2]
            self.at += 2
            if len(digits) < 2:
                return None
        if not digits or not _HEX.issuperset(digits):
            return None
        digits = digits.lstrip("0")
        code = int(digits or "0", 16) if len(digits) <= 6 else _HUGE
        return code if code <= 0x10FFFF else None
