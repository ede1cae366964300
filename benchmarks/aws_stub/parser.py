"""The grammar of DynamoDB's expressions, read into closures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from benchmarks.aws_stub.values import compare, contains, is_equal, ordering, size_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.aws_stub.scope import Path, Scope, Value

    Operand = Callable[[Scope], Value | None]
    Condition = Callable[[Scope], bool]

COMMA = ","
_TOKEN = re.compile(r"\s*(<>|<=|>=|[-+=<>(),.\[\]]|[#:]?[A-Za-z0-9_]+)")
_COMPARATORS: dict[str, Callable[[int], bool]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


class Parser:
    """Reads one expression, token by token."""

    def __init__(self, text: str) -> None:
        self._tokens = list(self._read(text))
        self._at = 0

    @staticmethod
    def _read(text: str) -> Iterator[str]:
        at = 0
        stripped = text.rstrip()
        while at < len(stripped):
            found = _TOKEN.match(stripped, at)
            if found is None:
                raise ValueError(f"cannot read the expression {text!r} at {at}")
            yield found[1]
            at = found.end()

    @property
    def token(self) -> str:
        """The next token, empty at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self) -> str:
        token = self.token
        self._at += 1
        return token

    def expect(self, token: str) -> None:
        taken = self.take()
        if taken.upper() != token:
            raise ValueError(f"expected {token!r}, found {taken!r} in {self._tokens}")

    def end(self) -> None:
        if self.token:
            raise ValueError(f"unexpected {self.token!r} in {self._tokens}")

    def either(self) -> Condition:
        left = self.both()
        while self.token.upper() == "OR":
            self.take()
            left = _either(left, self.both())
        return left

    def both(self) -> Condition:
        left = self.negated()
        while self.token.upper() == "AND":
            self.take()
            left = _both(left, self.negated())
        return left

    def negated(self) -> Condition:
        if self.token.upper() == "NOT":
            self.take()
            inner = self.negated()
            return lambda scope: not inner(scope)
        if self.token == "(":  # noqa: S105 - a token of the grammar
            self.take()
            inner = self.either()
            self.expect(")")
            return inner
        return self.comparison()

    def comparison(self) -> Condition:
        if self.token.lower() in _TESTS and self._tokens[self._at + 1] == "(":
            return self.test()
        left = self.operand()
        operator = self.take().upper()
        if operator == "BETWEEN":
            low = self.operand()
            self.expect("AND")
            high = self.operand()
            return lambda s: compare(left(s), low(s)) >= 0 and compare(left(s), high(s)) <= 0
        if operator == "IN":
            self.expect("(")
            some = self.arguments()
            return lambda scope: any(is_equal(left(scope), each(scope)) for each in some)
        right = self.operand()
        if operator == "=":
            return lambda scope: is_equal(left(scope), right(scope))
        if operator == "<>":
            return lambda scope: not is_equal(left(scope), right(scope))
        holds = _COMPARATORS[operator]
        return lambda scope: ordering(left(scope), right(scope), holds)

    def test(self) -> Condition:
        name = self.take().lower()
        self.expect("(")
        if name.startswith("attribute_") and name != "attribute_type":
            path = self.path()
            self.expect(")")
            exists = name == "attribute_exists"
            return lambda scope: (scope.get(path) is not None) is exists
        left, right = self.arguments()
        function = _TESTS[name]
        return lambda scope: function(left(scope), right(scope))

    def arguments(self) -> list[Operand]:
        """Read operands up to the closing parenthesis."""
        found = [self.sum()]
        while self.token == COMMA:
            self.take()
            found.append(self.sum())
        self.expect(")")
        return found

    def sum(self) -> Operand:
        left = self.operand()
        while self.token in {"+", "-"}:
            sign = 1 if self.take() == "+" else -1
            left = _sum(left, self.operand(), sign)
        return left

    def operand(self) -> Operand:
        token = self.token
        follows = self._tokens[self._at + 1] if self._at + 1 < len(self._tokens) else ""
        if token[0] == ":":
            self.take()
            return lambda scope: scope.values[token]
        if follows == "(":
            self.take()
            self.expect("(")
            given = self.arguments()
            return _FUNCTIONS[token.lower()](*given)
        path = self.path()
        return lambda scope: scope.get(path)

    def path(self) -> Path:
        steps: list[str | int] = [self.take()]
        while self.token in {".", "["}:
            if self.take() == ".":
                steps.append(self.take())
            else:
                steps.append(int(self.take()))
                self.expect("]")
        return tuple(steps)


def _either(left: Condition, right: Condition) -> Condition:
    return lambda scope: left(scope) or right(scope)


def _both(left: Condition, right: Condition) -> Condition:
    return lambda scope: left(scope) and right(scope)


def _sum(left: Operand, right: Operand, sign: int) -> Operand:
    def value(scope: Scope) -> Value:
        one, other = left(scope), right(scope)
        if one is None or other is None:
            raise ValueError("an operand of a sum does not exist")
        return {"N": str(int(one["N"]) + sign * int(other["N"]))}

    return value


def _if_not_exists(path: Operand, other: Operand) -> Operand:
    return lambda scope: found if (found := path(scope)) is not None else other(scope)


def _list_append(left: Operand, right: Operand) -> Operand:
    return lambda scope: {"L": [*(left(scope) or {})["L"], *(right(scope) or {})["L"]]}


def _size(operand: Operand) -> Operand:
    return lambda scope: {"N": str(size_of(operand(scope)))}


_FUNCTIONS: dict[str, Callable[..., Operand]] = {
    "if_not_exists": _if_not_exists,
    "list_append": _list_append,
    "size": _size,
}
_TESTS: dict[str, Callable[[Value | None, Value | None], bool]] = {
    "attribute_exists": lambda _one, _other: False,
    "attribute_not_exists": lambda _one, _other: False,
    "attribute_type": lambda one, other: one is not None and (other or {}).get("S") in one,
    "begins_with": lambda one, other: str((one or {}).get("S", "\0")).startswith(
        str((other or {})["S"])
    ),
    "contains": contains,
}
