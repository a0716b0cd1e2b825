"""Values as they come over the wire, made into what a row holds; and the strict parsing of dates."""

from __future__ import annotations

import html
import re
from datetime import datetime
from typing import Any

from libs.sandbox.odoo.errors import value_error
from libs.sandbox.odoo.schema import Field
from libs.sandbox.odoo.taxes import round_half_up

DATETIME = "%Y-%m-%d %H:%M:%S"
DATE = "%Y-%m-%d"
_DATE_LENGTH = 10
_MARKUP = re.compile(r"^\s*<(p|div|ul|ol|h\d|table|br|span|blockquote)\b", re.IGNORECASE)


def parse_datetime(value: str) -> datetime:
    """`YYYY-MM-DD HH:MM:SS` or `YYYY-MM-DD`, nothing else; ValueError in the words of `strptime`."""
    return datetime.strptime(value, DATETIME if len(value) > _DATE_LENGTH else DATE)  # noqa: DTZ007 - naive UTC, as Odoo


def to_row(model: str, field: Field, value: Any) -> Any:
    """What the row keeps of a value for any field but x2many ones. Raises ValueError as the server does."""
    try:
        return _to_row(model, field, value)
    except (ValueError, TypeError) as problem:
        raise value_error(str(problem)) from None


def _to_row(model: str, field: Field, value: Any) -> Any:
    empty = value is None or value is False
    match field.type:
        case "boolean":
            return bool(value)
        case "integer":
            return int(value or 0)
        case "float" | "monetary":
            number = float(value or 0.0)
            return number if field.digits is None else round_half_up(number, field.digits)
        case "date":
            return False if empty or value == "" else parse_datetime(str(value)[:_DATE_LENGTH]).strftime(DATE)
        case "datetime":
            return False if empty or value == "" else parse_datetime(str(value)).strftime(DATETIME)
        case "selection":
            return False if empty or value == "" else _selected(model, field, value)
        case "many2one":
            return False if not value else int(value)
        case "html":
            return False if empty else to_html(str(value))
        case "json":
            return False if empty else value
        case _:
            return False if empty else str(value)


def _selected(model: str, field: Field, value: Any) -> Any:
    if not any(value == key for key, _ in field.selection):
        message = f"Wrong value for {model}.{field.name}: {value!r}"
        raise ValueError(message)
    return value


def to_html(text: str) -> str:
    """Text becomes a paragraph, as Odoo's cleaner makes it; markup stays as it is, but for a bare `&`."""
    if not text:
        return text
    if re.search(r"<[a-zA-Z/]", text):
        cleaned = re.sub(r"&(?![a-zA-Z#]\w*;)", "&amp;", text)
        return cleaned if _MARKUP.match(text) else f"<p>{cleaned}</p>"
    return f"<p>{html.escape(html.unescape(text), quote=False)}</p>"
