"""Reads fields of a REST-shaped body, each fault with the place where it is (`line_items[2].price`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from libs.sandbox.shopify.derived import Document
from libs.sandbox.shopify.people import gid
from libs.sandbox.shopify.price_lines import attributes


class BodyFault(ValueError):
    """What is wrong with a body, and where in it."""


@dataclass(frozen=True, slots=True)
class BagReader:
    currency: str
    shown: str

    def bag(self, amount: Decimal, shown: Decimal) -> Document:
        return {
            "shopMoney": {"amount": amount, "currencyCode": self.currency},
            "presentmentMoney": {"amount": shown, "currencyCode": self.shown},
        }

    def read(self, holder: Document, name: str, *, default: str | None = None, at: str = "") -> Document:
        """`name_set` in both moneys, else the plain `name` for both."""
        both = holder.get(f"{name}_set")
        if isinstance(both, dict) and isinstance(both.get("shop_money"), dict):
            shop = read_decimal(both["shop_money"].get("amount"), f"{at}{name}_set.shop_money.amount")
            presentment = both.get("presentment_money")
            if not isinstance(presentment, dict):
                return self.bag(shop, shop)
            return self.bag(shop, read_decimal(presentment.get("amount"), f"{at}{name}_set.presentment_money.amount"))
        value = holder.get(name)
        if value is None and default is None:
            raise BodyFault(f"{at}{name} is missing")
        plain = read_decimal(default if value is None else value, f"{at}{name}")
        return self.bag(plain, plain)


def read_decimal(value: Any, where: str) -> Decimal:
    try:
        number = Decimal(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise BodyFault(f"{where} is not an amount: {value!r}")
    return number


def each(holder: Document, name: str, *, required: bool = False) -> Iterator[tuple[str, Document]]:
    """The objects of a list with where they are: `("line_items[0].", {…})`."""
    items = holder.get(name)
    if items is None and not required:
        return
    if not isinstance(items, list) or (required and not items):
        raise BodyFault(f"{name} is missing" if items is None else f"{name} is not a list with something in it")
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise BodyFault(f"{name}[{index}] is not an object")
        yield f"{name}[{index}].", item


def read_text(holder: Document, name: str, *, required: bool = False, at: str = "") -> str:
    value = holder.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value):
        raise BodyFault(f"{at}{name} is missing" if value in (None, "") else f"{at}{name} is not a text: {value!r}")
    return value


def read_time(holder: Document, name: str, *, required: bool = False) -> datetime | None:
    text = read_text(holder, name, required=required)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        raise BodyFault(f"{name} is not a time: {text!r}") from problem
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def read_gid(kind: str, holder: Document, at: str = "") -> str:
    stated = holder.get("admin_graphql_api_id")
    if isinstance(stated, str) and stated.startswith(f"gid://shopify/{kind}/"):
        return stated
    number = holder.get("id")
    if not isinstance(number, int) or isinstance(number, bool):
        raise BodyFault(f"{at}id is missing" if number is None else f"{at}id is not a whole number: {number!r}")
    return gid(kind, str(number))


def read_whole(holder: Document, name: str, at: str, *, least: int) -> int:
    value = holder.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise BodyFault(f"{at}{name} is not a whole number from {least}: {value!r}")
    return value


def read_tags(holder: Document) -> list[str]:
    tags = holder.get("tags") or ""
    parts = tags if isinstance(tags, list) else str(tags).split(",")
    return [part.strip() for part in parts if part.strip()]


def read_pairs(holder: Document, name: str) -> list[Document]:
    return attributes((str(p.get("name", "")), str(p.get("value") or "")) for _, p in each(holder, name))
