"""Every kind of order through both sandboxes: in Odoo it costs what Shopify charged, to the smallest unit."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from libs.common.domain.money import currency_digits, round_half_up
from libs.common.ledger.model import Record, State
from libs.sandbox.shopify.kinds import TAXES, catalog, orders
from tests.integration.orders.desk import Desk


def furnish(desk: Desk, currency: str, *, included: bool) -> None:
    """What a store of this currency needs in Odoo."""
    for product in catalog(currency):
        desk.odoo.add_product(default_code=product.sku, barcode=product.barcode, name=product.title)
    for tax in TAXES:
        desk.odoo.add_tax(tax.title, float(tax.rate * 100), included)
    for other in ("EUR", "JPY", "KWD", "CAD", "GBP", "KRW", "BHD", currency):
        if other != "USD":
            desk.odoo.add_pricelist(other)
    term = desk.odoo.find("account.payment.term")[0]["id"]
    card = desk.odoo.add_product(default_code="CARD", name="Gift card liability", type="service")
    desk.shop.add_products(catalog(currency))
    desk.rules(payment_terms={"Net 30": term}, gift_card_product_id=card)


def make_rich(desk: Desk) -> None:
    """A shop whose points come back at once, known to the worker from the first answer."""
    desk.shop.bucket.restore_rate = 1e6
    desk.sync(desk.place(taxes=()))


def charged(placed: Mapping[str, Any], side: str) -> Decimal:
    """What the customer was charged in the end: without what was removed, and with the rounding of cash."""
    total = (placed.get("currentTotalPriceSet") or placed["totalPriceSet"])[side]["amount"]
    return Decimal(total) + Decimal(placed["totalCashRoundingAdjustment"]["paymentSet"][side]["amount"])


def in_odoo(desk: Desk, record: Record) -> tuple[Decimal, str]:
    order = desk.order(record)
    (currency,) = desk.odoo.find("res.currency", [("id", "=", order["currency_id"])], archived=True)
    digits = currency_digits(currency["name"])
    return round_half_up(Decimal(str(order["amount_total"])), digits), currency["name"]


@pytest.mark.parametrize("rounding", ["round_per_line", "round_globally"])
@pytest.mark.parametrize(("currency", "included"), [("USD", False), ("USD", True), ("JPY", True), ("KWD", False)])
def test_every_kind_costs_in_odoo_what_shopify_charged(
    desk: Desk, currency: str, included: bool, rounding: str
) -> None:
    furnish(desk, currency, included=included)
    desk.odoo.change("res.company", 1, tax_calculation_rounding_method=rounding)
    make_rich(desk)
    drafts = orders(currency, taxes_included=included)
    placed = {name: desk.shop.place_order(draft) for name, draft in drafts.items()}
    synced = desk.sync(*placed.values())
    for (name, order), record in zip(placed.items(), synced, strict=True):
        exact = desk.odoo.version == "19" or rounding == "round_per_line" or currency != "JPY"
        if record.state is not State.SYNCED:
            assert not exact, (name, record.held)
            assert record.held
            assert record.held.code == "order_differs", (name, record.held)
            continue
        assert in_odoo(desk, record) == (charged(order, "shopMoney"), currency), name
