"""The demo's final check: what it compares, and that it would notice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

import pytest

from libs.common.odoo.client import OdooClient
from libs.sandbox.shopify.drafts import Line, Product
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.console.demo.proof import prove

MUG = Product("MUG", "Mug", Decimal("12.50"), "1")


class Told:
    """An Odoo that answers with one order."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order

    def web_read(self, *_: Any) -> list[dict[str, Any]]:
        return [self.order]


def odoo(**changes: Any) -> dict[str, Any]:
    invoice = {"move_type": "out_invoice", "state": "posted", "amount_total": 25.0, "amount_residual": 0.0}
    move = {"quantity": 2.0, "state": "done", "sale_line_id": 1}
    picking = {"picking_type_code": "outgoing", "state": "done", "move_ids": [move]}
    return {
        "id": 7,
        "name": "S1",
        "state": "sale",
        "currency_id": {"id": 1, "name": "USD"},
        "invoice_ids": [invoice],
        "picking_ids": [picking],
        **changes,
    }


def faults(shop: ShopifySandbox, order: dict[str, Any]) -> list[str]:
    (document,) = shop.orders()
    (proof,) = prove(cast("OdooClient", Told(order)), [(document, 7)])
    return proof.faults


@pytest.fixture
def shop() -> ShopifySandbox:
    shop = ShopifySandbox()
    shop.add_products([MUG])
    placed = shop.place_order(lines=(Line(shop.product("MUG"), 2),))
    shop.fulfill_order(placed["id"])
    return shop


def test_sides_that_agree_have_no_fault(shop: ShopifySandbox) -> None:
    assert faults(shop, odoo()) == []


def test_a_cent_is_noticed(shop: ShopifySandbox) -> None:
    invoice = {"move_type": "out_invoice", "state": "posted", "amount_total": 25.01, "amount_residual": 0.01}
    assert faults(shop, odoo(invoice_ids=[invoice])) == [
        "#1001: what it comes to is 25.00 in Shopify and 25.01 in Odoo",
        "#1001: what is outstanding is 0.00 in Shopify and 0.01 in Odoo",
    ]


def test_a_draft_is_no_invoice_and_a_credit_note_takes_off(shop: ShopifySandbox) -> None:
    draft = {"move_type": "out_invoice", "state": "draft", "amount_total": 25.0, "amount_residual": 25.0}
    assert faults(shop, odoo(invoice_ids=[draft])) == ["#1001: what it comes to is 25.00 in Shopify and 0.00 in Odoo"]
    credit = {"move_type": "out_refund", "state": "posted", "amount_total": 25.0, "amount_residual": 0.0}
    both = odoo(invoice_ids=[*odoo()["invoice_ids"], credit])
    assert faults(shop, both) == ["#1001: what it comes to is 25.00 in Shopify and 0.00 in Odoo"]


def test_units_that_were_not_shipped_and_an_order_cancelled_on_one_side_are_noticed(shop: ShopifySandbox) -> None:
    assert faults(shop, odoo(picking_ids=[])) == ["#1001: what was shipped is 2 in Shopify and 0 in Odoo"]
    assert faults(shop, odoo(state="cancel")) == ["#1001: whether it is cancelled is no in Shopify and yes in Odoo"]
