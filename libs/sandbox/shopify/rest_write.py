"""How REST-shaped bodies write times, money and taxes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from libs.sandbox.shopify.amounts import written
from libs.sandbox.shopify.derived import Document

# Shopify writes times in the shop's time zone, which is hardly ever UTC.
SHOP_ZONE = timezone(timedelta(hours=-5))


def time_text(moment: datetime | None) -> str | None:
    return moment.astimezone(SHOP_ZONE).isoformat(timespec="seconds") if moment else None


def money_set(bag: Document) -> Document:
    def money(of: Document) -> Document:
        return {"amount": written(of["amount"], of["currencyCode"]), "currency_code": of["currencyCode"]}

    return {"shop_money": money(bag["shopMoney"]), "presentment_money": money(bag["presentmentMoney"])}


def both(name: str, bag: Document) -> Document:
    """`name` in the shop's money and `name_set` in both."""
    moneys = money_set(bag)
    return {name: moneys["shop_money"]["amount"], f"{name}_set": moneys}


def tax_to_rest(tax: Document) -> Document:
    rate = tax["rate"]
    return {
        **both("price", tax["priceSet"]),
        # JSON has no decimals: this is the shortest number that reads back as the same rate.
        "rate": float(rate) if rate is not None else None,
        "title": tax["title"],
        "channel_liable": tax["channelLiable"],
    }
