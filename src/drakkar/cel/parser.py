"""Reads an expression into its tree, by recursive descent with CEL's precedences."""

from __future__ import annotations

from typing import Final

from drakkar.cel.lexer import Token, tokenize
from drakkar.cel.outcome import Refusal
from drakkar.cel.syntax import Call, Ident, Index, ListLiteral, Literal, MapLiteral, Node, Select

LONGEST: Final = 10 * 1024
_DEEPEST: Final = 250
_RESERVED: Final = frozenset(
    (
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    )
)
_POWER: Final = {
    operator: power
    for power, operators in enumerate(
        (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))
    )
    for operator in operators
}


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._at]

    def take(self) -> Token:
        token = self._tokens[self._at]
        if token.kind != "end":
            self._at += 1
        return token

    def accept(self, *operators: str) -> Token | None:
        token = self.next
        return self.take() if token.kind == "op" and token.text in operators else None

    def expect(self, operator: str) -> Token:
        token = self.accept(operator)
        if token is None:
            raise self._unexpected(f"'{operator}'")
        return token

    def _unexpected(self, wanted: str) -> Refusal:
        return Refusal(f"Syntax error: mismatched input '{self.next.text}' expecting {wanted}", self.next.at)

    def expression(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Refusal(f"expression recursion limit exceeded: {_DEEPEST}", self.next.at)
        condition = self.binary(0)
        if question := self.accept("?"):
            yes = self.binary(0)
            self.expect(":")
            condition = Call(None, "_?_:_", (condition, yes, self.expression()), question.at)
        self._depth -= 1
        return condition

    def binary(self, power: int) -> Node:
        # One call for all levels of precedence keeps Python's stack shallow.
        left = self.unary()
        while self.next.kind == "op" and (binds := _POWER.get(self.next.text, -1)) >= power:
            token = self.take()
            left = Call(None, f"_{token.text}_", (left, self.binary(binds + 1)), token.at)
        return left

    def unary(self) -> Node:
        signs: list[Token] = []
        while token := self.accept("!") if signs and signs[0].text == "!" else self.accept("!", "-"):
            signs.append(token)
            if token.text == "-":
                break
        while signs and signs[0].text == "-" and (token := self.accept("-")):
            signs.append(token)
        if signs and signs[-1].text == "-" and self.next.kind in ("int", "double"):
            # A minus sign belongs to the number it touches, so that -2^63 can be written.
            sign, number = signs.pop(), self.take()
            value = -number.value  # type: ignore[operator]
            node = self.members(Literal(value, number.kind, sign.at))
        else:
            node = self.members(self.primary())
        for sign in reversed(signs):
            node = Call(None, f"{sign.text}_", (node,), sign.at)
        return node

    def members(self, node: Node) -> Node:
        while token := self.accept(".", ".?", "["):
            if token.text == "[":
                optional = self.accept("?") is not None
                key = self.expression()
                self.expect("]")
                node = Index(node, key, optional, token.at)
                continue
            name = self.take()
            if name.kind != "word":
                raise Refusal(f"Syntax error: no viable alternative at input '.{name.text}'", name.at)
            if token.text == "." and self.accept("("):
                node = Call(node, name.text, self.items(")"), name.at)
            else:
                node = Select(node, name.text, token.text == ".?", token.at)
        return node

    def items(self, end: str) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self.accept(end):
            if found:
                self.expect(",")
                if end == "]" and self.accept(end):
                    break
            if self.next.text == "?" and self.next.kind == "op":
                raise Refusal("optional entries of literals are not supported", self.next.at)
            found.append(self.expression())
        return tuple(found)

    def primary(self) -> Node:
        token = self.take()
        if token.kind == "word" or (token.text == "." and self.next.kind == "word"):
            word = token if token.kind == "word" else self.take()
            if word.text in _RESERVED:
                raise Refusal(f"reserved identifier: {word.text}", word.at)
            if self.accept("("):
                return Call(None, word.text, self.items(")"), word.at)
            return Ident(word.text, word.at)
        if token.kind == "op":
            if token.text == "(":
                node = self.expression()
                self.expect(")")
                return node
            if token.text == "[":
                return ListLiteral(self.items("]"), token.at)
            if token.text == "{":
                return self.map_literal(token.at)
        elif token.kind != "end":
            if token.kind == "int" and token.value == 2**63:
                raise Refusal("Syntax error: invalid integer literal", token.at)
            return Literal(token.value, token.kind, token.at)
        raise Refusal(f"Syntax error: mismatched input '{token.text}' expecting an expression", token.at)

    def map_literal(self, at: int) -> Node:
        entries: list[tuple[Node, Node]] = []
        while not self.accept("}"):
            if entries:
                self.expect(",")
                if self.accept("}"):
                    break
            if self.next.text == "?" and self.next.kind == "op":
                raise Refusal("optional entries of literals are not supported", self.next.at)
            key = self.expression()
            self.expect(":")
            entries.append((key, self.expression()))
        return MapLiteral(tuple(entries), at)

    def whole(self) -> Node:
        node = self.expression()
        if self.next.kind != "end":
            raise self._unexpected("<EOF>")
        return node


def parse(text: str) -> Node:
    """The tree of an expression; Refusal when it is too long, too deep or no CEL."""
    if len(text.encode(errors="surrogatepass")) > LONGEST:
        raise Refusal(f"expression is longer than {LONGEST} bytes", 0)
    return _Parser(tokenize(text)).whole()
