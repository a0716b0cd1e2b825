"""That an order document adds up: used for single kinds and for whatever hypothesis makes up."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from libs.sandbox.shopify.drafts import Draft
from libs.sandbox.shopify.pricing import price

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SIDES = ("shopMoney", "presentmentMoney")


def priced(draft: Draft) -> dict[str, Any]:
    ids = itertools.count(1)
    if draft.customer is not None:
        draft = replace(draft, customer=replace(draft.customer, id="7001"))
    return price(draft, number=1001, now=NOW, shop="acme.myshopify.com", new_id=lambda _: str(next(ids)))


def total(bags: Iterable[dict[str, Any]], side: str) -> Decimal:
    return sum((bag[side]["amount"] for bag in bags), Decimal(0))


def net(line: dict[str, Any], side: str) -> Decimal:
    gross: Decimal = (line.get("originalUnitPriceSet") or line["originalPriceSet"])[side]["amount"]
    off = total((a["allocatedAmountSet"] for a in line["discountAllocations"]), side)
    quantity: int = line.get("quantity", 1)
    return gross * quantity - off


def taxed_parts(order: dict[str, Any], *, removed: bool = True) -> list[dict[str, Any]]:
    shipping = [line for line in order["shippingLines"] if removed or not line["isRemoved"]]
    duties = [duty for line in order["lineItems"] for duty in line["duties"]]
    return [*order["lineItems"], *shipping, *duties, *order["additionalFees"]]


def check_sums(order: dict[str, Any], side: str) -> None:
    """Every total of the order is the sum of its parts on this side, to the smallest unit."""
    goods = [line for line in order["lineItems"] if not line.get("isTip")]
    tips = [line for line in order["lineItems"] if line.get("isTip")]
    duties = [duty["price"] for line in order["lineItems"] for duty in line["duties"]]
    fees = [fee["price"] for fee in order["additionalFees"]]
    lines = sum((net(line, side) for line in goods), Decimal(0))
    tip = sum((net(line, side) for line in tips), Decimal(0))
    assert order["subtotalPriceSet"][side]["amount"] == lines
    assert order["totalTipReceivedSet"][side]["amount"] == tip
    if duties:
        assert order["originalTotalDutiesSet"][side]["amount"] == total(duties, side)
    if fees:
        assert order["originalTotalAdditionalFeesSet"][side]["amount"] == total(fees, side)
    beside = tip + total(fees, side) + (0 if order["dutiesIncluded"] else total(duties, side))
    current = {name: order.get(f"current{name[0].upper()}{name[1:]}", order[name]) for name in ("totalPriceSet", "totalTaxSet", "taxLines")}  # fmt: skip
    for figures, removed in ((order, True), (current, False)):
        freight = sum((net(s, side) for s in order["shippingLines"] if removed or not s["isRemoved"]), Decimal(0))
        tax = check_taxes(taxed_parts(order, removed=removed), figures["taxLines"], side)
        assert figures["totalTaxSet"][side]["amount"] == tax
        on_top = 0 if order["taxesIncluded"] else tax
        assert figures["totalPriceSet"][side]["amount"] == lines + freight + beside + on_top


def check_taxes(parts: list[dict[str, Any]], stated: list[dict[str, Any]], side: str) -> Decimal:
    """The order's tax lines are those of its parts, rate by rate; returns what they come to."""
    sums: dict[tuple[str, Decimal], Decimal] = {}
    for tax in (tax for part in parts for tax in part["taxLines"]):
        key = (tax["title"], tax["rate"])
        sums[key] = sums.get(key, Decimal(0)) + tax["priceSet"][side]["amount"]
    assert {(tax["title"], tax["rate"]): tax["priceSet"][side]["amount"] for tax in stated} == sums
    return sum(sums.values(), Decimal(0))
