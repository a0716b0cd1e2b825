"""Reading JSON with the record's name and the field's path at hand, for the error that names both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from libs.common.domain.money import Money
from libs.common.domain.orders import Side
from libs.common.errors import Rejected

UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Node:
    """One JSON object of a record. Every method raises Rejected for a value that is missing or of another type."""

    values: dict[str, Any]
    record: str
    """`order 450789469`"""
    path: str = ""

    @classmethod
    def of(cls, value: Any, record: str, path: str = "") -> Node:
        if not isinstance(value, dict):
            raise unreadable(record, path, value, "an object")
        return cls(value, record, path)

    def get(self, name: str) -> Any:
        """The value as it is. A field that was asked for and is not there is no null: that is an error."""
        if name not in self.values:
            raise unreadable(self.record, self.at(name), None, "there")
        return self.values[name]

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def text(self, name: str) -> str:
        """A required string."""
        value = self.get(name)
        if not isinstance(value, str):
            raise unreadable(self.record, self.at(name), value, "a string")
        return value

    def text_or_empty(self, name: str) -> str:
        return "" if self.get(name) is None else self.text(name)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings."""
        value = self.get(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise unreadable(self.record, self.at(name), value, "a list of strings")
        return tuple(value)

    def boolean(self, name: str) -> bool:
        value = self.get(name)
        if not isinstance(value, bool):
            raise unreadable(self.record, self.at(name), value, "true or false")
        return value

    def integer(self, name: str) -> int:
        value = self.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise unreadable(self.record, self.at(name), value, "a whole number")
        return value

    def moment(self, name: str) -> datetime:
        """`2026-11-23T12:00:00Z` or with an offset; always aware."""
        value = self.text(name)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise unreadable(self.record, self.at(name), value, "a date and time") from None
        if moment.tzinfo is None:
            raise unreadable(self.record, self.at(name), value, "a time with its zone")
        return moment.astimezone(UTC)

    def moment_or_none(self, name: str) -> datetime | None:
        return None if self.get(name) is None else self.moment(name)

    def number(self, name: str) -> Decimal:
        """A JSON number, exactly as written where the decoder kept it."""
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
            raise unreadable(self.record, self.at(name), value, "a number")
        return Decimal(str(value))

    def node(self, name: str) -> Node:
        return Node.of(self.get(name), self.record, self.at(name))

    def node_or_none(self, name: str) -> Node | None:
        return None if self.get(name) is None else self.node(name)

    def nodes(self, name: str) -> Iterator[Node]:
        value = self.get(name)
        if not isinstance(value, list):
            raise unreadable(self.record, self.at(name), value, "a list")
        for number, item in enumerate(value):
            yield Node.of(item, self.record, f"{self.at(name)}.{number}")

    def money(self, name: str, currency: str, side: Side = "shop") -> Money:
        """One side of a MoneyBag; its currency must be the order's on that side."""
        money = self.node(name).node(f"{side}Money")
        value, found = money.text("amount"), money.text("currencyCode")
        try:
            amount = Decimal(value)
        except InvalidOperation:
            raise unreadable(self.record, money.at("amount"), value, "an amount") from None
        if not amount.is_finite():
            raise unreadable(self.record, money.at("amount"), value, "an amount")
        if found != currency:
            raise unreadable(self.record, money.at("currencyCode"), found, currency)
        return Money(amount, currency)

    def money_or_none(self, name: str, currency: str, side: Side = "shop") -> Money | None:
        return None if self.get(name) is None else self.money(name, currency, side)

    def id(self) -> str:
        """The number of its global id."""
        return numeric_id(self.text("id"))


def numeric_id(gid: str) -> str:
    """`450789469` of `gid://shopify/Order/450789469`."""
    return gid.partition("?")[0].rpartition("/")[2]


def unreadable(record: str, path: str, value: Any, expected: str) -> Rejected:
    """The value itself is left out when it might be somebody's name: its type is enough."""
    kind = "nothing" if value is None else type(value).__name__
    return Rejected(
        f"{record}: {path or 'the answer'} should be {expected}, and is {kind}",
        "shopify",
        UNREADABLE,
        "Shopify answered in a way Tandem does not know; please report it",
        {"field": path},
    )
