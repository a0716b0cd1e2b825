"""One condition on one value, as SQL with Odoo's treatment of unset values decides it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

# As written by callers, and what is meant.
OPERATORS = {
    name: name
    for name in (
        "=", "!=", ">", ">=", "<", "<=", "in", "not in", "like", "ilike", "not like", "not ilike", "=like", "=ilike",
        "not =like", "not =ilike", "child_of", "parent_of", "any", "not any",
    )
} | {"==": "=", "<>": "!=", "=?": "=?"}  # fmt: skip
NEGATIVE = {
    "!=": "=",
    "not in": "in",
    "not like": "like",
    "not ilike": "ilike",
    "not =like": "=like",
    "not =ilike": "=ilike",
}
_SECONDS = 19
_DAY = 10


def matches(kind: str, value: Any, operator: str, wanted: Any) -> bool:
    """Whether the value of a field of this type meets the condition; unset values meet `!=` and `not ...`."""
    if operator == "=?":
        return wanted in (None, False) or matches(kind, value, "=", wanted)
    if operator in NEGATIVE:
        return not matches(kind, value, NEGATIVE[operator], wanted)
    if kind == "stamp" and value:
        value = value[:_SECONDS]
    if operator == "in" or (operator == "=" and isinstance(wanted, (list, tuple))):
        among = wanted if isinstance(wanted, (list, tuple)) else [wanted]
        return any(_equal(kind, value, one, "=") for one in among)
    if operator == "=":
        return _equal(kind, value, wanted, operator)
    if "like" in operator:
        return _like(value, operator, wanted)
    return _compare(kind, value, operator, wanted)


def _equal(kind: str, value: Any, wanted: Any, operator: str) -> bool:
    if wanted is None or wanted is False:
        return value is False or value is None or (kind in ("integer", "float", "monetary") and value == 0)
    if kind == "boolean":
        return bool(value) == bool(wanted)
    if value is False or value is None:
        return False
    return bool(value == _like_field(kind, wanted, operator))


def _like_field(kind: str, wanted: Any, operator: str) -> Any:
    if kind in ("datetime", "stamp") and isinstance(wanted, str) and len(wanted) == _DAY:
        return wanted + (" 23:59:59" if operator in ("<=", ">") else " 00:00:00")
    if kind in ("integer", "float", "monetary", "many2one") and isinstance(wanted, str):
        try:
            return float(wanted)
        except ValueError:
            return wanted
    if kind in ("char", "text", "html", "selection") and not isinstance(wanted, str):
        return str(wanted)
    return wanted


def _compare(kind: str, value: Any, operator: str, wanted: Any) -> bool:
    if value is False or value is None or wanted is False or wanted is None:
        return False
    wanted = _like_field(kind, wanted, operator)
    try:
        match operator:
            case ">":
                return bool(value > wanted)
            case ">=":
                return bool(value >= wanted)
            case "<":
                return bool(value < wanted)
            case _:
                return bool(value <= wanted)
    except TypeError:
        return False


def _like(value: Any, operator: str, wanted: Any) -> bool:
    if value is False or value is None:
        return False
    pattern = str(wanted or "")
    if not operator.startswith("="):
        pattern = f"%{pattern}%"
    return _pattern(pattern, "ilike" in operator).fullmatch(str(value)) is not None


@lru_cache(maxsize=4096)
def _pattern(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    parts = []
    escaped = False
    for character in pattern:
        if escaped or character not in "%_\\":
            parts.append(re.escape(character))
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            parts.append(".*" if character == "%" else ".")
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if ignore_case else 0))
