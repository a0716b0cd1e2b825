from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from libs.common.domain.outcomes import Hold
from services.workers.orders.cancel import plan_cancellation, posted_balance, remainder
from tests.unit.orders.builders import order
from tests.unit.orders.sales import invoice, picking, sale

SHOPIFY = order(name="#1001")
RETURNED = replace(picking(9, "done"), code="incoming")
CREDITED = invoice(8, kind="out_refund", reversed_id=1)


def test_an_order_of_which_nothing_left_is_cancelled_whole() -> None:
    steps = plan_cancellation(sale(pickings=(picking(),), invoices=(invoice(state="draft"),)))
    assert (steps.cancel_order, steps.picking_ids, steps.invoice_ids) == (True, (), ())
    assert plan_cancellation(sale(state="draft")).cancel_order


def test_a_cancelled_order_needs_nothing() -> None:
    steps = plan_cancellation(sale(state="cancel"))
    assert steps.is_done
    assert remainder(SHOPIFY, steps.order, ()) is None


def test_of_a_partly_delivered_order_what_is_open_is_cancelled() -> None:
    partly = sale(
        pickings=(picking(1, "done", "1"), picking(2, "assigned", "1"), picking(3, "cancel")),
        invoices=(invoice(1), invoice(2, state="draft")),
    )
    steps = plan_cancellation(partly)
    assert (steps.cancel_order, steps.picking_ids, steps.invoice_ids) == (False, (2,), (2,))
    held = remainder(SHOPIFY, partly, ())
    assert isinstance(held, Hold)
    assert held.code == "order_cancelled"
    assert "1 of Thing 1 was delivered and 20.00 USD is invoiced" in held.message
    assert held.details["delivered"] == [{"line": "Thing 1", "delivered": "1"}]
    assert "return" in held.hint
    assert "credit note" in held.hint


def test_an_order_whose_refunds_are_to_come_stops_its_delivery_and_is_cancelled_last() -> None:
    """F13's cousin: cancelling the order would cancel the draft credit note that another worker is about to post."""
    paid = sale(pickings=(picking(),), invoices=(invoice(1), invoice(2, state="draft")))
    steps = plan_cancellation(paid, refunds_to_come=True)
    assert (steps.cancel_order, steps.picking_ids, steps.invoice_ids) == (False, (1,), (2,))
    assert remainder(SHOPIFY, sale(pickings=(picking(1, "cancel"),)), {"31"}) == "31"


def test_what_came_back_and_was_credited_is_cancelled_in_the_end() -> None:
    settled = sale(pickings=(picking(1, "done"), RETURNED), invoices=(invoice(1), CREDITED))
    assert plan_cancellation(settled).cancel_order
    assert remainder(SHOPIFY, settled, ()) is None


def test_a_refund_that_is_still_to_come_is_waited_for() -> None:
    invoiced = sale(state="cancel", invoices=(invoice(1),))
    assert remainder(SHOPIFY, invoiced, {"9", "31"}) == "31"
    assert isinstance(remainder(SHOPIFY, invoiced, ()), Hold)
    assert posted_balance(invoiced) == Decimal("20.00")
