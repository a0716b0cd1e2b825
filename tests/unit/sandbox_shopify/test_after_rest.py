"""Webhooks of what happens after checkout have the shapes that are documented."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from libs.common.domain.fulfillments import Tracking
from libs.sandbox.shopify.drafts import Discount, Line, Place, Tax
from libs.sandbox.shopify.sandbox import ShopifySandbox
from tests.unit.sandbox_shopify.conftest import PRODUCTS
from tests.unit.sandbox_shopify.receiver import Received, receiving

MUG, CUP = PRODUCTS
# What the sandbox leaves out: how a card was paid with, where the customer came from, and the like.
LEFT_OUT = {
    "landing_site_ref",
    "merchant_business_entity_id",
    "merchant_of_record_app_id",
    "payment_details",
    "reference",
    "source_url",
    "token",
}


@pytest.fixture
def hooks(shop: ShopifySandbox) -> Received:
    """All that is told of an order that is paid, shipped, edited, refunded and cancelled."""
    with receiving() as hooks:
        shop.webhooks_to(hooks.url)
        order = shop.place_order(
            lines=(Line(MUG, 2), Line(CUP, 3)),
            taxes=(Tax("VAT", Decimal("0.2")),),
            discounts=(Discount(amount=Decimal(5)),),
            shipping_address=Place("Ada", "Reyes", country="US"),
            paid=False,
        )
        mug, cup = (line["id"] for line in order["lineItems"])
        shop.pay(order["id"])
        shop.fulfill_order(order["id"], {mug: 1}, tracking=Tracking("1Z", "UPS", "https://example.com/1Z"))
        shop.edit_order(order["id"], {cup: 2})
        shop.refund_order(order["id"], {cup: (1, "cancel")})
        shop.cancel_order(order["id"])
        assert shop.wait_delivered(10)
    return hooks


@pytest.mark.parametrize(
    "topic",
    [
        "order_transactions/create",
        "fulfillments/create",
        "orders/paid",
        "orders/partially_fulfilled",
        "orders/edited",
        "orders/cancelled",
        "orders/updated",
    ],
)
def test_no_documented_field_is_missing(hooks: Received, reference: Path, topic: str) -> None:
    name = f"doc_2026-04_{topic.replace('/', '_')}.json"
    documented = json.loads((reference / "webhooks" / name).read_text("utf-8"))
    assert _missing(documented.get("payload", documented), hooks.body(topic)) == set()


def test_a_refund_has_the_fields_of_those_in_documented_orders(hooks: Received, reference: Path) -> None:
    documented = json.loads((reference / "webhooks" / "pyapi_refund.json").read_text("utf-8"))["refund"]
    assert _missing(documented, hooks.body("refunds/create")) == set()


def _missing(documented: Any, sent: Any, at: str = "") -> set[str]:
    """Paths of fields that the one has and the other has not, whatever their values."""
    if isinstance(documented, list) and isinstance(sent, list):
        return _missing(documented[0], sent[0], at + "[].") if documented and sent else set()
    if not isinstance(documented, dict) or not isinstance(sent, dict):
        return set()
    absent = {at + name for name in documented.keys() - sent.keys() if name not in LEFT_OUT}
    for name in documented.keys() & sent.keys():
        absent |= _missing(documented[name], sent[name], f"{at}{name}.")
    return absent
