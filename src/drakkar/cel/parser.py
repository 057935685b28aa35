"""Reads an expression into its tree, by recursive descent with CEL's precedences."""

from __future__ import annotations

from typing import Final, NoReturn

from drakkar.cel.lexer import Token, tokenize
from drakkar.cel.macros import Macros
from drakkar.cel.outcome import Refusal
from drakkar.cel.syntax import Call, Entry, Ident, ListLiteral, Literal, MapLiteral, Message, Node, Select

LONGEST: Final = 10 * 1024
DEEPEST: Final = 250
_RESERVED: Final = frozenset(
    (
        *("as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop"),
        *("package", "namespace", "return", "var", "void", "while"),
    )
)
_RELATIONS: Final = frozenset(("==", "!=", "<", "<=", ">", ">=", "in"))
_POWER: Final = {"*": 2, "/": 2, "%": 2, "+": 1, "-": 1}
_CLOSING: Final = frozenset((",", ")", "]", "}", ":"))
_LITERALS: Final = frozenset(("int", "uint", "double", "string", "bytes", "bool", "null"))


class _Parser:
    """Two limits of depth, as upstream has them: of the rules that are open, and of the tree that comes out."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._open = {"expression": 0, "relation": 0, "sum": 0, "member": 0}
        self._heights: dict[Node, int] = {}
        self._macros = Macros()
        # What is no matter of syntax does not end the reading, so that the first such error in the text is told.
        self._errors: list[Refusal] = []

    # Tokens

    @property
    def next(self) -> Token:
        return self._tokens[self._at]

    def take(self) -> Token:
        token = self._tokens[self._at]
        if token.kind != "end":
            self._at += 1
        return token

    def accept(self, operator: str) -> Token | None:
        token = self._tokens[self._at]
        if token.text != operator or token.kind != "op":
            return None
        self._at += 1
        return token

    def expect(self, operator: str) -> Token:
        return self.accept(operator) or self._unexpected(f"'{operator}'")

    def _unexpected(self, wanted: str) -> NoReturn:
        raise Refusal(f"Syntax error: mismatched input '{self.next.text}' expecting {wanted}", self.next.at)

    # Depth

    def _enter(self, name: str) -> None:
        # A refusal ends the whole, so that nothing need be put back on its way out.
        self._open[name] += 1
        if self._open[name] > DEEPEST:
            raise Refusal(f"expression recursion limit exceeded: {DEEPEST}", self.next.at)

    def _leave(self, name: str) -> None:
        self._open[name] -= 1

    def _tall(self, node: Node, *below: Node) -> Node:
        height = 1 + max(self._heights.get(part, 0) for part in below)
        if height > DEEPEST:
            raise Refusal("max recursion depth exceeded", node.at)
        self._heights[node] = height
        return node

    def _wide(self, node: Node, below: tuple[Node, ...]) -> Node:
        """A node that counts for nothing itself."""
        height = max((self._heights.get(part, 0) for part in below), default=0)
        if height:
            self._heights[node] = height
        return node

    # Rules, from the loosest operator to the tightest

    def whole(self) -> Node:
        node = self.expression()
        if self.next.kind != "end":
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
        if self._tokens[self._at].kind in _LITERALS:
            # A literal alone, which no rule between here and there changes.
            following = self._tokens[self._at + 1]
            if following.kind == "op" and following.text in _CLOSING and max(self._open.values()) < DEEPEST:
                return self.primary()
        self._enter("expression")
        node = self.disjunction()
        if question := self.accept("?"):
            yes = self.disjunction()
            self.expect(":")
            no = self.expression()
            node = self._tall(Call("_?_:_", None, (node, yes, no), question.at), node, yes, no)
        self._leave("expression")
        return node

    def disjunction(self) -> Node:
        terms, places = [self.conjunction()], []
        while token := self.accept("||"):
            places.append(token.at)
            terms.append(self.conjunction())
        return self._balanced("_||_", terms, places)

    def conjunction(self) -> Node:
        terms, places = [self.relation()], []
        while token := self.accept("&&"):
            places.append(token.at)
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
        self._enter("relation")
        left = self.sum(0)
        while (token := self._tokens[self._at]).text in _RELATIONS and token.kind == "op":
            self._at += 1
            function = "@in" if token.text == "in" else f"_{token.text}_"
            self._enter("relation")
            right = self.sum(0)
            self._leave("relation")
            left = self._tall(Call(function, None, (left, right), token.at), left, right)
        self._leave("relation")
        return left

    def sum(self, power: int) -> Node:
        self._enter("sum")
        left = self.unary()
        while (
            binds := _POWER.get((token := self._tokens[self._at]).text, -1)
        ) >= power and token.kind == "op":
            self._at += 1
            right = self.sum(binds + 1)
            left = self._tall(Call(f"_{token.text}_", None, (left, right), token.at), left, right)
        self._leave("sum")
        return left

    def unary(self) -> Node:
        sign = self.next
        if sign.kind != "op" or sign.text not in "!-":
            return self.member()
        following = self._tokens[self._at + 1]
        if sign.text == "-" and following.kind in ("int", "double"):
            return self.member()
        count = 0
        while self.accept(sign.text):
            count += 1
        node = self.member()
        if count % 2 == 0:
            return node
        return self._wide(Call(f"{sign.text}_", None, (node,), sign.at), (node,))

    def member(self) -> Node:
        self._enter("member")
        node = self.primary()
        while (token := self._tokens[self._at]).text in (".", "[") and token.kind == "op":
            self._at += 1
            if token.text == ".":
                node = self._selected(node, token)
                continue
            function = "_[?_]" if self.accept("?") else "_[_]"
            key = self.expression()
            self.expect("]")
            node = self._tall(Call(function, None, (node, key), token.at), node, key)
        self._leave("member")
        return node

    def _selected(self, operand: Node, dot: Token) -> Node:
        optional = self.accept("?") is not None
        name = self.take()
        if name.kind not in ("word", "quoted word"):
            raise Refusal(f"Syntax error: no viable alternative at input '.{name.text}'", name.at)
        field = str(name.value)
        if optional:
            literal = Literal(field, "string", name.at)
            return self._tall(Call("_?._", None, (operand, literal), dot.at), operand)
        bracket = self.accept("(") if name.kind == "word" else None
        if bracket is None:
            return self._tall(Select(operand, field, dot.at), operand)
        args = self.arguments()
        node = self._expanded(field, operand, args, bracket.at)
        return self._tall(node, operand, *args)

    def arguments(self) -> tuple[Node, ...]:
        if self.accept(")"):
            return ()
        found = [self.expression()]
        while not self.accept(")"):
            self.expect(",")
            found.append(self.expression())
        return tuple(found)

    def primary(self) -> Node:
        token = self.take()
        if token.kind == "word" or (token.text == "." and token.kind == "op"):
            return self._word(token)
        if token.kind in _LITERALS:
            return self._literal(token, token.at, 1)
        if token.kind == "op":
            if token.text == "(":
                node = self.expression()
                self.expect(")")
                return node
            if token.text == "[":
                return self._list(token.at)
            if token.text == "{":
                return self._map(token.at)
            if token.text == "-" and self.next.kind in ("int", "double"):
                return self._literal(self.take(), token.at, -1)
        raise Refusal(f"Syntax error: mismatched input '{token.text}' expecting an expression", token.at)

    def _literal(self, token: Token, at: int, sign: int) -> Node:
        value = token.value
        if token.kind in ("int", "uint", "double"):
            if not isinstance(value, int | float) or (token.kind == "int" and sign * value == 2**63):
                self._errors.append(Refusal(f"invalid {token.kind} literal", at))
                value = 0
            value = sign * value
        return Literal(value, token.kind, at)

    def _word(self, first: Token) -> Node:
        dot = "" if first.kind == "word" else "."
        word = first if first.kind == "word" else self.take()
        if word.kind != "word":
            raise Refusal(f"Syntax error: no viable alternative at input '.{word.text}'", word.at)
        if message := self._message(dot, word):
            return message
        if word.text in _RESERVED:
            self._errors.append(Refusal(f"reserved identifier: {word.text}", word.at))
        name = dot + word.text
        bracket = self.accept("(")
        if bracket is None:
            return Ident(name, word.at)
        args = self.arguments()
        node = self._expanded(name, None, args, bracket.at)
        return self._wide(node, args)

    def _message(self, dot: str, first: Token) -> Node | None:
        """`a.b.C{field: value}`, which only shows at its brace."""
        at, names = self._at, [first.text]
        while self._tokens[at].text == "." and self._tokens[at + 1].kind == "word":
            names.append(self._tokens[at + 1].text)
            at += 2
        brace = self._tokens[at]
        if brace.kind != "op" or brace.text != "{":
            return None
        self._at = at + 1
        fields: list[tuple[str, Node, bool, int]] = []
        while not self.accept("}"):
            if fields:
                self.expect(",")
                if self.accept("}"):
                    break
            optional = self.accept("?") is not None
            name = self.take()
            if name.kind not in ("word", "quoted word"):
                raise Refusal(f"Syntax error: mismatched input '{name.text}' expecting a field", name.at)
            colon = self.expect(":")
            fields.append((str(name.value), self.expression(), optional, colon.at))
        node = Message(dot + ".".join(names), tuple(fields), brace.at)
        return self._wide(node, tuple(value for _, value, _, _ in fields))

    def _list(self, at: int) -> Node:
        items: list[Node] = []
        optional: set[int] = set()
        if self.accept(",") and self.next.text != "]":
            self._unexpected("']'")
        while not self.accept("]"):
            if items:
                self.expect(",")
                if self.accept("]"):
                    break
            if self.accept("?"):
                optional.add(len(items))
            items.append(self.expression())
        return self._wide(ListLiteral(tuple(items), frozenset(optional), at), tuple(items))

    def _map(self, at: int) -> Node:
        entries: list[Entry] = []
        if self.accept(",") and self.next.text != "}":
            self._unexpected("'}'")
        while not self.accept("}"):
            if entries:
                self.expect(",")
                if self.accept("}"):
                    break
            optional = self.accept("?") is not None
            key = self.expression()
            colon = self.expect(":")
            entries.append(Entry(key, self.expression(), optional, colon.at))
        below = tuple(part for entry in entries for part in (entry.key, entry.value))
        return self._wide(MapLiteral(tuple(entries), at), below)


def parse(text: str) -> Node:
    """The tree of an expression; Refusal when it is too long, too deep or no CEL."""
    if len(text.encode(errors="surrogatepass")) > LONGEST:
        raise Refusal(f"expression is longer than {LONGEST} bytes", 0)
    return _Parser(tokenize(text)).whole()
