"""Search domains and orders, evaluated over rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import OdooError, user_error, value_error
from libs.sandbox.odoo.operators import NEGATIVE, OPERATORS, matches
from libs.sandbox.odoo.schema import X2MANY, Field

Test = Callable[[Row], bool]
_ORDER_PART = re.compile(r"^\s*([a-z_][a-z0-9_.]*)(?:\s+(asc|desc))?(?:\s+nulls\s+(?:first|last))?\s*$", re.IGNORECASE)


def search(env: Env, model: str, domain: Any, *, order: str | None = None, visible: bool = True) -> list[Row]:
    """The rows that match, in order; archived ones only if the domain or the context asks for them."""
    leaves = parse(env, domain)
    active = "active" in env.fields(model) and env.context.get("active_test", True)
    if active and not any(isinstance(leaf, tuple) and leaf[0] == "active" for leaf in leaves):
        leaves = ["&", ("active", "=", True), *leaves] if leaves else [("active", "=", True)]
    test = compile_domain(env, model, leaves)
    found = [row for row in _candidates(env, model, leaves) if test(row)]
    if visible:
        found = [row for row in found if env.visible(model, row)]
    return sort(env, model, found, order)


def parse(env: Env, domain: Any) -> list[Any]:
    """A flat prefix list with every `&` written out: strings are operators, tuples conditions."""
    domain = [] if domain in (None, False) else list(domain)
    parsed: list[Any] = []
    expected = 1
    for token in domain:
        if not expected:
            parsed.insert(0, "&")
            expected = 1
        if isinstance(token, str) and token in ("&", "|", "!"):
            expected += 0 if token == "!" else 1
            parsed.append(token)
        else:
            parsed.append(_leaf(env, token))
            expected -= 1
    if domain and expected:
        shown = (
            f"Domain() malformed domain {domain}"
            if env.version != "18"
            else f"Domain {domain} is syntactically not correct."
        )
        raise value_error(shown)
    return parsed


def _leaf(env: Env, token: Any) -> tuple[Any, str, Any]:
    if not isinstance(token, (list, tuple)) or len(token) != 3:
        if env.version != "18":
            raise value_error(f"Domain() invalid item in domain: {token!r}")
        if isinstance(token, str):
            raise OdooError("builtins.IndexError", "string index out of range")
        raise value_error(f"not enough values to unpack (expected 3, got {len(token)})")
    field, operator, value = token
    if operator not in OPERATORS:
        word = "Invalid operator in condition" if env.version != "18" else "Invalid leaf"
        raise value_error(f"{word} {(field, operator, value)}")
    return field, OPERATORS[operator], value


def compile_domain(env: Env, model: str, leaves: Sequence[Any]) -> Test:
    """One function of a row."""
    stack: list[Test] = []
    for token in reversed(leaves):
        if token == "!":
            stack.append(_not(stack.pop()))
        elif token in ("&", "|"):
            left, right = stack.pop(), stack.pop()
            stack.append(_and(left, right) if token == "&" else _or(left, right))
        else:
            stack.append(_condition(env, model, *token))
    return stack[0] if stack else lambda _: True


def _and(left: Test, right: Test) -> Test:
    return lambda row: left(row) and right(row)


def _or(left: Test, right: Test) -> Test:
    return lambda row: left(row) or right(row)


def _not(test: Test) -> Test:
    return lambda row: not test(row)


def _condition(env: Env, model: str, path: Any, operator: str, value: Any) -> Test:
    if path in (0, 1) and not isinstance(path, str):
        holds = matches("integer", int(path), operator, value)
        return lambda _: holds
    name, _, rest = str(path).partition(".")
    field = env.fields(model).get(name)
    if field is None:
        word = "condition" if env.version != "18" else "leaf"
        raise value_error(f"Invalid field {model}.{name} in {word} {(path, operator, value)}")
    if rest:
        return _through(env, model, field, _condition(env, field.relation, rest, operator, value))
    if operator in ("any", "not any"):
        inner = _through(env, model, field, compile_domain(env, field.relation, parse(env, value)))
        return inner if operator == "any" else _not(inner)
    if operator in ("child_of", "parent_of"):
        family = _family(env, field.relation or model, operator, value)
        return lambda row: any(one in family for one in _ids(env.value(model, row, name)))
    if field.relation:
        return _relation(env, model, field, operator, value)
    kind = "stamp" if name in ("create_date", "write_date") and env.version != "18" else field.type
    return lambda row: matches(kind, env.value(model, row, name), operator, value)


def _through(env: Env, model: str, field: Field, inner: Test) -> Test:
    table = env.db.tables[field.relation]

    def test(row: Row) -> bool:
        return any(inner(table[one]) for one in _ids(env.value(model, row, field.name)) if one in table)

    return test


def _relation(env: Env, model: str, field: Field, operator: str, value: Any) -> Test:
    named = "like" in operator or isinstance(value, str)
    if named and value not in (False, ""):
        positive = NEGATIVE.get(operator, operator)

        def by_name(row: Row) -> bool:
            names = (env.display_name(field.relation, one) for one in _ids(env.value(model, row, field.name)))
            return any(matches("char", name, positive, value) for name in names)

        return _not(by_name) if operator in NEGATIVE else by_name
    if field.type not in X2MANY:
        return lambda row: matches("many2one", env.value(model, row, field.name), operator, value)
    wanted = set(value) if isinstance(value, (list, tuple)) else {value}
    negative = operator in NEGATIVE

    def among(row: Row) -> bool:
        ids = _ids(env.value(model, row, field.name))
        holds = any(one in wanted for one in ids) or (False in wanted and not ids)
        return holds is not negative

    return among


def _ids(value: Any) -> Iterable[int]:
    if isinstance(value, (list, tuple)):
        return value
    return (value,) if value else ()


def _family(env: Env, model: str, operator: str, value: Any) -> set[int]:
    start = {value} if isinstance(value, int) else set(value or ())
    if "parent_id" not in env.fields(model):
        return start
    family: set[int] = set()
    todo = list(start)
    while todo:
        one = todo.pop()
        if one in family:
            continue
        family.add(one)
        if operator == "child_of":
            todo.extend(env.db.referring(model, "parent_id", one) or ())
        else:
            row = env.row(model, one)
            todo.extend([row["parent_id"]] if row and row.get("parent_id") else ())
    return family


def _candidates(env: Env, model: str, leaves: Sequence[Any]) -> list[Row]:
    """Few rows to test when conditions that must hold can be looked up, else all."""
    table = env.db.tables[model]
    found, _ = _bound(env, model, leaves, 0) if leaves else (None, 0)
    return list(table.values()) if found is None else [table[one] for one in found if one in table]


def _bound(env: Env, model: str, leaves: Sequence[Any], start: int) -> tuple[dict[int, None] | None, int]:
    """Ids that include all matches of the part that begins here (None: unknown), and where the next part begins."""
    token = leaves[start]
    if token == "!":
        return None, _bound(env, model, leaves, start + 1)[1]
    if token not in ("&", "|"):
        return _looked_up(env, model, *token), start + 1
    left, middle = _bound(env, model, leaves, start + 1)
    right, end = _bound(env, model, leaves, middle)
    if token == "|":
        return (None if left is None or right is None else {**left, **right}), end
    known = [ids for ids in (left, right) if ids is not None]
    return min(known, key=len, default=None), end


def _looked_up(env: Env, model: str, field: Any, operator: str, value: Any) -> dict[int, None] | None:
    among = operator == "in" or isinstance(value, (list, tuple))
    if operator not in ("=", "in") or not isinstance(field, str):
        return None
    values = list(value) if among and isinstance(value, (list, tuple)) else [value]
    if field == "id":
        return dict.fromkeys(one for one in values if isinstance(one, int))
    known = env.fields(model).get(field)
    if known is None or not all(values) or (known.relation and any(isinstance(one, str) for one in values)):
        return None
    ids: dict[int, None] = {}
    for one in values:
        found = env.db.referring(model, field, one)
        if found is None:
            return None
        ids.update(dict.fromkeys(found))
    return ids


def sort(env: Env, model: str, rows: list[Row], order: str | None) -> list[Row]:
    """In Odoo's order: unset values last (first when descending), many2one by the name of the record."""
    if len(rows) < 2 and not order:
        return rows
    for name, descending in reversed(order_terms(env, model, order)):
        rows = sorted(rows, key=lambda row: _sort_key(env, model, row, name), reverse=descending)
    return rows


def order_terms(env: Env, model: str, order: str | None) -> list[tuple[str, bool]]:
    terms = []
    for part in (order or env.model(model).order).split(","):
        match = _ORDER_PART.match(part)
        if match is None:
            raise user_error(
                f'Invalid "order" specified ({order}). A valid "order" specification is a comma-separated list of '
                "valid field names (optionally followed by asc/desc for the direction)"
            )
        name = match[1].split(".")[0]
        if name not in env.fields(model):
            raise value_error(f"Invalid field '{name}' on model '{model}'")
        terms.append((name, (match[2] or "").lower() == "desc"))
    return terms


def _sort_key(env: Env, model: str, row: Row, name: str) -> tuple[bool, Any]:
    if name == "id":
        return False, row["id"]
    field = env.fields(model)[name]
    value = env.value(model, row, name)
    if field.type == "many2one" and value:
        value = env.display_name(field.relation, value)
    if isinstance(value, str):
        return False, (value.casefold(), value)
    if field.type in ("integer", "float", "monetary", "boolean"):
        return False, value or 0
    return not value, value or 0
