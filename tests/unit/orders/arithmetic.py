"""An order from a draft to what Odoo would make of it, without a server: the shop's GraphQL, the plan, Odoo's sums."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from libs.common.domain.facts import CompanyFacts, TaxFact
from libs.common.domain.money import currency_digits
from libs.common.domain.orders import Order, Side
from libs.common.domain.rules import MissingProduct, StoreRules
from libs.common.domain.sales import SaleLine, SaleOrder
from libs.common.shopify.documents import Document
from libs.common.shopify.orders import fetch_orders
from libs.sandbox.odoo.taxes import Arithmetic, Line, Tax, round_half_up
from libs.sandbox.shopify.drafts import Draft
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.workers.orders.model import Changes, PlannedLine, Ref, Situation
from services.workers.orders.rounding import RoundingWrite
from tests.unit.orders.builders import PLACED

VERSIONS = ("18", "19")
ROUNDINGS = ("round_per_line", "round_globally")
RATES = ("0.2", "0.19", "0.08875", "0.0625", "0.01", "0.055")
#: Odd ids are on top of the price, even ones in it.
TAXES = tuple(
    TaxFact(number, f"{rate} {included}", Decimal(rate), included)
    for number, (rate, included) in enumerate(((r, i) for r in RATES for i in (False, True)), 1)
)
RULES = StoreRules(
    missing_product=MissingProduct.PLACEHOLDER,
    gift_card_product_id=99,
    payment_terms={"Net 30": 3},
    pricelists=dict.fromkeys(("USD", "EUR", "JPY", "KWD", "CAD", "GBP", "KRW", "BHD"), 5),
)


class EngineClient:
    """The shop's GraphQL engine in the place of a client: no network between."""

    highest_cost = 1000

    def __init__(self, shop: ShopifySandbox) -> None:
        self._shop = shop

    def execute(self, document: Document, variables: Mapping[str, Any], *, records: int = 1) -> dict[str, Any]:
        assert records
        answer = self._shop.engine.run(document.text, dict(variables), None).body
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = json.loads(json.dumps(answer["data"]), parse_float=Decimal)
        return data


def shopify_order(draft: Draft, side: Side = "shop") -> Order:
    """The draft placed, priced and read as a worker reads it."""
    shop = ShopifySandbox(bucket=1e9, currency=draft.currency, now=lambda: datetime(2026, 11, 20, tzinfo=UTC))
    shop.add_products([line.product for line in draft.lines if line.product])
    number = shop.place_order(draft)["id"].rpartition("/")[2]
    return fetch_orders(EngineClient(shop), [number], side=side)[number]  # type: ignore[arg-type]


def situation(order: Order, version: str, rounding: str) -> Situation:
    digits = 2 if version == "18" else None
    facts = CompanyFacts(currency=order.currency, rounding=rounding, price_digits=digits, taxes=TAXES)
    return Situation(record_id=f"acme/order/{order.id}", order=order, module="tandem_acme", facts=facts)


def sale_order(changes: Changes, version: str, rounding: str, closed: RoundingWrite | None = None) -> SaleOrder:
    """What a company of this version that rounds so makes of the planned lines, and of the rounding line."""
    sums = Arithmetic(version, currency_digits(changes.total.currency), rounding)
    lines = [_priced(line, version) for line in changes.order.lines]
    sold = [
        _sale_line(one, priced, sums, number)
        for number, (one, priced) in enumerate(zip(changes.order.lines, lines, strict=True), 1)
    ]
    if closed:
        rounded = Line(_kept(closed.part.unit_price, version), 1, float(closed.part.discount))
        lines.append(rounded)
        key = f"rounding_{changes.order.external_id.rpartition('_')[2]}"
        sold.append(_filled(rounded, sums, id=len(lines), name="Rounding", product_id=1, tax_ids=(), key=key))
    totals = sums.order_totals(lines)
    return SaleOrder(
        id=5,
        name="S00005",
        state="draft",
        currency=changes.total.currency,
        total=exact(totals.total),
        tax=exact(totals.tax),
        date_order=PLACED,
        partner_id=7,
        partner_invoice_id=7,
        partner_shipping_id=7,
        lines=tuple(sold),
    )


def ref_id(ref: Ref) -> int:
    return ref if isinstance(ref, int) else 1


def exact(value: float) -> Decimal:
    return Decimal(str(value))


def _priced(line: PlannedLine, version: str) -> Line:
    taxes = tuple(Tax(one.id, float(one.rate * 100), one.included) for one in TAXES if one.id in line.tax_ids)
    return Line(_kept(line.unit_price, version), line.quantity, float(line.discount), taxes, line.key)


def _kept(price: Decimal, version: str) -> float:
    return round_half_up(float(price), 2) if version == "18" else float(price)


def _sale_line(planned: PlannedLine, priced: Line, sums: Arithmetic, number: int) -> SaleLine:
    return _filled(
        priced,
        sums,
        id=number,
        name=planned.name,
        product_id=ref_id(planned.product),
        tax_ids=planned.tax_ids,
        key=planned.key,
    )


def _filled(priced: Line, sums: Arithmetic, **fields: Any) -> SaleLine:
    totals = sums.line_totals(priced)
    return SaleLine(
        quantity=exact(priced.quantity),
        price_unit=exact(priced.price_unit),
        discount=exact(priced.discount),
        subtotal=exact(totals.untaxed),
        tax=exact(totals.tax),
        delivered=Decimal(0),
        invoiced=Decimal(0),
        **fields,
    )
