"""Reads an expression into its tree, by recursive descent with CEL's precedences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NoReturn

from drakkar.cel.outcome import Refusal
from drakkar.cel.syntax.lexer import Tokens, tokenize
from drakkar.cel.syntax.macros import Macros
from drakkar.cel.syntax.tree import (
    Call,
    Entry,
    Ident,
    ListLiteral,
    Literal,
    MapLiteral,
    Message,
    Node,
    Select,
)

DEEPEST: Final = 250
_RESERVED: Final = frozenset(
    (
        *("as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop"),
        *("package", "namespace", "return", "var", "void", "while"),
    )
)
_RELATIONS: Final = {
    **{operator: f"_{operator}_" for operator in ("==", "!=", "<", "<=", ">", ">=")},
    "in": "@in",
}
_POWER: Final = {"*": 2, "/": 2, "%": 2, "+": 1, "-": 1}
# What no expression goes on with.
_CLOSING: Final = frozenset((",", ")", "]", "}", ":", "end"))
_NUMBERS: Final = frozenset(("int", "uint", "double"))
_LITERALS: Final = _NUMBERS | {"string", "bytes", "bool", "null"}
_ALONE: Final = _LITERALS | {"word"}
_NAMES: Final = frozenset(("word", "quoted word"))


class _Parser:
    """Two limits of depth, as upstream has them: of the rules that are open, and of the tree that comes out."""

    def __init__(self, tokens: Tokens, bindings: bool) -> None:
        self._kinds = tokens.kinds
        self._texts = tokens.texts
        self._values = tokens.values
        self._starts = tokens.starts
        self._at = 0
        # How many of each rule are open.
        self._expressions = self._relations = self._sums = self._members = 0
        self._heights: dict[Node, int] = {}
        self._macros = Macros(bindings)
        # What is no matter of syntax does not end the reading, so that the first such error in the text is told.
        self._errors: list[Refusal] = []

    # Tokens

    def take(self) -> int:
        """The place of the next token, which is passed unless it is the end."""
        at = self._at
        if self._kinds[at] != "end":
            self._at += 1
        return at

    def accept(self, operator: str) -> bool:
        if self._kinds[self._at] != operator:
            return False
        self._at += 1
        return True

    def expect(self, operator: str) -> None:
        if self._kinds[self._at] != operator:
            self._unexpected(f"'{operator}'")
        self._at += 1

    def _unexpected(self, wanted: str) -> NoReturn:
        said = f"Syntax error: mismatched input '{self._texts[self._at]}' expecting {wanted}"
        raise Refusal(said, self._starts[self._at])

    # Depth

    def _deep(self) -> NoReturn:
        # A refusal ends the whole, so that nothing need be put back on its way out.
        raise Refusal(f"expression recursion limit exceeded: {DEEPEST}", self._starts[self._at])

    def _tall(self, node: Node, *below: Node) -> Node:
        """A node that counts as one more than the tallest below."""
        heights = self._heights
        height = 0
        for part in below:
            if part in heights and heights[part] > height:
                height = heights[part]
        if height >= DEEPEST:
            raise Refusal("max recursion depth exceeded", node.at)
        heights[node] = height + 1
        return node

    def _wide(self, node: Node, below: Iterable[Node]) -> Node:
        """A node that counts for nothing itself."""
        heights = self._heights
        height = 0
        for part in below:
            if part in heights and heights[part] > height:
                height = heights[part]
        if height:
            heights[node] = height
        return node

    # Rules, from the loosest operator to the tightest

    def whole(self) -> Node:
        node = self.expression()
        if self._kinds[self._at] != "end":
            self._unexpected("<EOF>")
        if self._errors:
            raise min(self._errors, key=lambda error: error.position)
        return node

    def _expanded(self, function: str, target: Node | None, args: tuple[Node, ...], at: int) -> Node:
        """A call, or what its macro stands for."""
        try:
            found = self._macros.expand(function, target, args, at)
        except Refusal as refusal:
            self._errors.append(refusal)
            found = None
        return found or Call(function, target, args, at)

    def expression(self) -> Node:
        at = self._at
        if (
            self._kinds[at] in _ALONE
            and self._kinds[at + 1] in _CLOSING
            and max(self._expressions, self._relations, self._sums, self._members) < DEEPEST
        ):
            # A literal or name alone, which no rule between here and there changes.
            return self.primary()
        self._expressions += 1
        if self._expressions > DEEPEST:
            self._deep()
        node = self.relation()
        # Most expressions end here, so that the looser operators are only looked for where one follows.
        if self._kinds[self._at] not in _CLOSING:
            node = self._disjunction(node)
            if self._kinds[self._at] == "?":
                node = self._choice(node)
        self._expressions -= 1
        return node

    def _choice(self, condition: Node) -> Node:
        at = self._starts[self._at]
        self._at += 1
        yes = self._disjunction(self.relation())
        self.expect(":")
        no = self.expression()
        return self._tall(Call("_?_:_", None, (condition, yes, no), at), condition, yes, no)

    def _disjunction(self, first: Node) -> Node:
        terms, places = [self._conjunction(first)], []
        while self._kinds[self._at] == "||":
            places.append(self._starts[self._at])
            self._at += 1
            terms.append(self._conjunction(self.relation()))
        return self._balanced("_||_", terms, places)

    def _conjunction(self, first: Node) -> Node:
        terms, places = [first], []
        while self._kinds[self._at] == "&&":
            places.append(self._starts[self._at])
            self._at += 1
            terms.append(self.relation())
        return self._balanced("_&&_", terms, places)

    def _balanced(self, function: str, terms: list[Node], places: list[int]) -> Node:
        """A long chain of one logic operator becomes a shallow tree, as upstream's does."""
        if not places:
            return terms[0]

        def tree(low: int, high: int) -> Node:
            middle = (low + high + 1) // 2
            left = terms[middle] if middle == low else tree(low, middle - 1)
            right = terms[middle + 1] if middle == high else tree(middle + 1, high)
            return self._wide(Call(function, None, (left, right), places[middle]), (left, right))

        return tree(0, len(places) - 1)

    def relation(self) -> Node:
        self._relations += 1
        if self._relations > DEEPEST:
            self._deep()
        left = self.sum(0)
        while (function := _RELATIONS.get(self._kinds[self._at])) is not None:
            at = self._starts[self._at]
            self._at += 1
            self._relations += 1
            if self._relations > DEEPEST:
                self._deep()
            right = self.sum(0)
            self._relations -= 1
            left = self._tall(Call(function, None, (left, right), at), left, right)
        self._relations -= 1
        return left

    def sum(self, power: int) -> Node:
        self._sums += 1
        if self._sums > DEEPEST:
            self._deep()
        left = self.unary()
        while (binds := _POWER.get(operator := self._kinds[self._at], -1)) >= power:
            at = self._starts[self._at]
            self._at += 1
            right = self.sum(binds + 1)
            left = self._tall(Call(f"_{operator}_", None, (left, right), at), left, right)
        self._sums -= 1
        return left

    def unary(self) -> Node:
        sign = self._kinds[self._at]
        if sign not in ("!", "-") or (sign == "-" and self._kinds[self._at + 1] in ("int", "double")):
            return self.member()
        at = self._starts[self._at]
        count = 0
        while self._kinds[self._at] == sign:
            self._at += 1
            count += 1
        node = self.member()
        if count % 2 == 0:
            return node
        return self._wide(Call(f"{sign}_", None, (node,), at), (node,))

    def member(self) -> Node:
        self._members += 1
        if self._members > DEEPEST:
            self._deep()
        node = self.primary()
        while True:
            kind = self._kinds[self._at]
            if kind == ".":
                node = self._selected(node)
            elif kind == "[":
                node = self._indexed(node)
            else:
                break
        self._members -= 1
        return node

    def _indexed(self, operand: Node) -> Node:
        at = self._starts[self._at]
        self._at += 1
        function = "_[?_]" if self.accept("?") else "_[_]"
        key = self.expression()
        self.expect("]")
        return self._tall(Call(function, None, (operand, key), at), operand, key)

    def _selected(self, operand: Node) -> Node:
        dot = self._starts[self._at]
        self._at += 1
        optional = self.accept("?")
        name = self.take()
        kind, at = self._kinds[name], self._starts[name]
        if kind not in _NAMES:
            raise Refusal(f"Syntax error: no viable alternative at input '.{self._texts[name]}'", at)
        field = str(self._values[name])
        if optional:
            literal = Literal(field, "string", at)
            return self._tall(Call("_?._", None, (operand, literal), dot), operand)
        bracket = self._starts[self._at]
        if kind != "word" or not self.accept("("):
            return self._tall(Select(operand, field, dot), operand)
        args = self.arguments()
        node = self._expanded(field, operand, args, bracket)
        return self._tall(node, operand, *args)

    def arguments(self) -> tuple[Node, ...]:
        if self.accept(")"):
            return ()
        found = [self.expression()]
        while self._kinds[self._at] != ")":
            self.expect(",")
            found.append(self.expression())
        self._at += 1
        return tuple(found)

    def primary(self) -> Node:
        at = self.take()
        kind = self._kinds[at]
        if kind in _LITERALS:
            return self._literal(at, self._starts[at], 1)
        if kind == "word" or kind == ".":
            return self._word(at)
        if kind == "(":
            node = self.expression()
            self.expect(")")
            return node
        if kind == "[":
            return self._list(self._starts[at])
        if kind == "{":
            return self._map(self._starts[at])
        if kind == "-" and self._kinds[self._at] in ("int", "double"):
            return self._literal(self.take(), self._starts[at], -1)
        said = f"Syntax error: mismatched input '{self._texts[at]}' expecting an expression"
        raise Refusal(said, self._starts[at])

    def _literal(self, token: int, at: int, sign: int) -> Node:
        kind, value = self._kinds[token], self._values[token]
        if kind in _NUMBERS:
            if not isinstance(value, int | float) or (value == 2**63 and sign > 0 and kind == "int"):
                self._errors.append(Refusal(f"invalid {kind} literal", at))
                value = 0
            value = sign * value
        return Literal(value, kind, at)

    def _word(self, first: int) -> Node:
        word = first if self._kinds[first] == "word" else self.take()
        text, at = self._texts[word], self._starts[word]
        if self._kinds[word] != "word":
            raise Refusal(f"Syntax error: no viable alternative at input '.{text}'", at)
        name = text if word == first else "." + text
        if self._kinds[self._at] in (".", "{") and (message := self._message(name)):
            return message
        if text in _RESERVED:
            self._errors.append(Refusal(f"reserved identifier: {text}", self._starts[first]))
        bracket = self._starts[self._at]
        if not self.accept("("):
            return Ident(name, at)
        args = self.arguments()
        node = self._expanded(name, None, args, bracket)
        return self._wide(node, args)

    def _message(self, first: str) -> Node | None:
        """`a.b.C{field: value}`, which only shows at its brace."""
        at, names = self._at, [first]
        while self._kinds[at] == "." and self._kinds[at + 1] == "word":
            names.append(self._texts[at + 1])
            at += 2
        if self._kinds[at] != "{":
            return None
        self._at = at + 1
        fields: list[tuple[str, Node, bool, int]] = []
        while not self.accept("}"):
            if fields:
                self.expect(",")
                if self.accept("}"):
                    break
            optional = self.accept("?")
            name = self.take()
            if self._kinds[name] not in _NAMES:
                said = f"Syntax error: mismatched input '{self._texts[name]}' expecting a field"
                raise Refusal(said, self._starts[name])
            colon = self._starts[self._at]
            self.expect(":")
            fields.append((str(self._values[name]), self.expression(), optional, colon))
        node = Message(".".join(names), tuple(fields), self._starts[at])
        return self._wide(node, [value for _, value, _, _ in fields])

    def _list(self, at: int) -> Node:
        items: list[Node] = []
        optional: list[int] = []
        if self.accept(",") and self._kinds[self._at] != "]":
            self._unexpected("']'")
        while not self.accept("]"):
            if items:
                self.expect(",")
                if self.accept("]"):
                    break
            if self.accept("?"):
                optional.append(len(items))
            items.append(self.expression())
        return self._wide(ListLiteral(tuple(items), frozenset(optional), at), items)

    def _map(self, at: int) -> Node:
        entries: list[Entry] = []
        below: list[Node] = []
        if self.accept(",") and self._kinds[self._at] != "}":
            self._unexpected("'}'")
        while not self.accept("}"):
            if entries:
                self.expect(",")
                if self.accept("}"):
                    break
            optional = self.accept("?")
            key = self.expression()
            colon = self._starts[self._at]
            self.expect(":")
            value = self.expression()
            entries.append(Entry(key, value, optional, colon))
            below += (key, value)
        return self._wide(MapLiteral(tuple(entries), at), below)


def parse(text: str, longest: int, bindings: bool = True) -> Node:
    """The tree of an expression; Refusal when it is longer than so many bytes, too deep or no CEL.

    Without `bindings` there is no `cel.bind`.
    """
    if len(text.encode(errors="surrogatepass")) > longest:
        raise Refusal(f"expression is longer than {longest} bytes", 0)
    return _Parser(tokenize(text), bindings).whole()
