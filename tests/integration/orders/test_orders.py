"""Orders from the sandbox shop to the sandbox Odoo and back again, on the embedded ledger, for Odoo 18 and 19."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from libs.common.ledger.connect import connect
from libs.common.ledger.model import Hint, State
from libs.common.ledger.repository import MongoLedger
from libs.common.odoo.client import OdooClient
from libs.sandbox.shopify.demo import demo_orders
from libs.sandbox.shopify.demo_catalog import demo_catalog, demo_partners, demo_pricelists, demo_taxes
from libs.sandbox.shopify.drafts import Discount, Line, Person, Place, Shipping, Tax
from tests.integration.orders.desk import Desk


def bag(like: dict[str, Any], amount: str) -> dict[str, Any]:
    """A money bag of that amount in the shop's money."""
    return {**like, "shopMoney": {**like["shopMoney"], "amount": Decimal(amount)}}


def test_every_demo_order_ends_as_it_says(desk: Desk) -> None:
    for product in demo_catalog():
        if product.known_to_odoo:
            desk.odoo.add_product(
                default_code=product.sku, barcode=product.barcode, name=product.title, list_price=float(product.price)
            )
    for name, email in demo_partners():
        desk.odoo.add("res.partner", name=name, email=email)
    for tax in demo_taxes():
        desk.odoo.add_tax(tax.name, float(tax.percent), tax.price_include)
    for currency in demo_pricelists():
        desk.odoo.add_pricelist(currency)
    desk.shop.add_products(demo_catalog())
    drafts = demo_orders()
    orders = [desk.shop.place_order(draft) for draft in drafts]
    records = desk.sync(*orders)
    for draft, placed, record in zip(drafts, orders, records, strict=True):
        ended = record.state.value + (f":{record.held.code}" if record.held else "")
        assert ended == draft.expect, (draft.label, record.held)
        if record.state is State.SYNCED:
            total = Decimal(placed["totalPriceSet"]["shopMoney"]["amount"])
            assert Decimal(str(desk.order(record)["amount_total"])).quantize(Decimal("0.01")) == total, draft.label


def test_an_order_is_confirmed_with_its_name_date_customer_and_addresses(desk: Desk) -> None:
    bill = Place("Jane", "Doe", "Doe Inc", "9 Bank Street", "Floor 2", "Lexington", "40507", "KY", "Kentucky", "US")
    placed = desk.place(billing_address=bill, note="Ring <twice>\nplease", tags=("vip", "first"))
    (record,) = desk.sync(placed)
    order = desk.order(record)
    assert record.state is State.SYNCED
    assert (order["state"], order["client_order_ref"]) == ("sale", placed["name"])
    assert order["date_order"] == placed["processedAt"].strftime("%Y-%m-%d %H:%M:%S")
    assert order["external_id"] == f"tandem_acme.order_{record.source_id}"
    assert "Ring &lt;twice&gt;<br" in order["note"]
    assert {tag["name"] for tag in desk.odoo.find("crm.tag", [("id", "in", order["tag_ids"])])} == {"vip", "first"}
    (customer,) = desk.odoo.find("res.partner", [("id", "=", order["partner_id"][0])])
    (delivery,) = desk.odoo.find("res.partner", [("id", "=", order["partner_shipping_id"][0])])
    (invoice,) = desk.odoo.find("res.partner", [("id", "=", order["partner_invoice_id"][0])])
    assert (customer["email"], customer["parent_id"], customer["type"]) == ("jane.doe@example.com", False, "contact")
    assert (delivery["type"], delivery["street"], delivery["parent_id"][0]) == (
        "delivery",
        "1 Main Street",
        customer["id"],
    )
    assert (invoice["type"], invoice["name"], invoice["street2"]) == ("invoice", "Doe Inc, Jane Doe", "Floor 2")
    assert delivery["state_id"][1].startswith("Kentucky")


def test_a_repeat_changes_nothing_writes_nothing_and_asks_odoo_nothing(desk: Desk) -> None:
    placed = desk.place()
    (first,) = desk.sync(placed)
    before, asked = desk.writes(), len(desk.odoo.calls.entries())
    (again,) = desk.sync(placed, why="orders/updated")
    assert (again.state, again.target) == (State.SYNCED, first.target)
    assert desk.writes() == before
    assert len(desk.odoo.calls.entries()) == asked


def test_an_order_that_was_made_before_a_crash_is_found_and_nothing_is_written_again(desk: Desk) -> None:
    placed = desk.place()
    (record,) = desk.sync(placed)
    before = desk.writes()
    forgotten = Hint("acme", "order", record.source_id, why="orders/create")
    with connect("embedded", "another ledger") as empty:
        desk.workers.pipelines["orders"].ledger = MongoLedger(empty.database, empty.clock)
        desk.workers.pipelines["orders"].ledger.record_hints([forgotten])
        assert desk.workers.pipelines["orders"].look_at("acme", []) == 1
        found = desk.workers.pipelines["orders"].ledger.get(record.id)
    assert found
    assert (found.state, found.target) == (State.SYNCED, record.target)
    assert desk.writes() == before


def test_a_known_contact_is_taken_by_email_and_its_own_data_is_left_alone(desk: Desk) -> None:
    jane = desk.odoo.add("res.partner", name="J. Doe (VIP)", email="JANE.doe@example.com")
    (record,) = desk.sync(desk.place())
    assert desk.order(record)["partner_id"][0] == jane
    (contact,) = desk.odoo.find("res.partner", [("id", "=", jane)])
    assert (contact["name"], contact["street"]) == ("J. Doe (VIP)", False)


def test_two_orders_of_one_customer_share_contact_and_address(desk: Desk) -> None:
    first, second = desk.sync(desk.place(), desk.place(desk.line(2)))
    one, two = desk.order(first), desk.order(second)
    assert one["partner_id"] == two["partner_id"]
    assert one["partner_shipping_id"] == two["partner_shipping_id"]
    (third,) = desk.sync(
        desk.place(shipping_address=Place("Jane", "Doe", "", "5 Other Road", "", "Louisville", "40202"))
    )
    assert desk.order(third)["partner_id"] == one["partner_id"]
    assert desk.order(third)["partner_shipping_id"] != one["partner_shipping_id"]


def test_an_address_missing_below_a_customer_another_worker_made_is_made(desk: Desk) -> None:
    """The other worker's customer is there by its external id, without e-mail and without this order's address."""
    placed = desk.place(customer=Person("No", "Mail", "", "+15550199"))
    number = placed["customer"]["id"].rpartition("/")[2]
    env = {"mode": "update", "noupdate": True, "tz": "UTC"}
    client = OdooClient(desk.odoo.url, desk.odoo.database, desk.odoo.login, desk.odoo.key, 1)
    client.load("res.partner", ["id", "name"], [[f"tandem_acme.customer_{number}", "No Mail"]], context=env)
    client.close()
    (record,) = desk.sync(placed)
    assert record.state is State.SYNCED, record.held
    shipping = desk.order(record)["partner_shipping_id"][0]
    assert desk.odoo.find("res.partner", [("id", "=", shipping)])[0]["street"] == "1 Main Street"


def test_without_customer_and_address_orders_share_the_generic_customer(desk: Desk) -> None:
    nobody = {"customer": None, "shipping_address": None}
    first, second = desk.sync(desk.place(**nobody), desk.place(desk.line(3), **nobody))
    assert desk.order(first)["partner_id"] == desk.order(second)["partner_id"]
    assert desk.order(first)["partner_id"][1] == "Shopify customer"


@pytest.mark.parametrize(("rule", "code"), [("hold", "product_missing"), ("create", None), ("placeholder", None)])
def test_a_missing_product_follows_the_rule(desk: Desk, rule: str, code: str | None) -> None:
    desk.rules(missing_product=rule)
    desk.odoo.change("product.product", _product(desk, "BENCH-000")["id"], default_code="OTHER", barcode="999")
    (record,) = desk.sync(desk.place())
    assert (record.held.code if record.held else None) == code
    if code is None:
        (line,) = desk.order(record)["lines"]
        name = desk.odoo.find("product.product", [("id", "=", line["product_id"][0])])[0]["name"]
        assert name == ("Bench product 0" if rule == "create" else "Product not found in Odoo")
        (again,) = desk.sync(desk.place(desk.line(2)))
        assert desk.order(again)["lines"][0]["product_id"] == line["product_id"], "made once"


def test_a_product_is_found_again_by_its_link_after_its_sku_changed(desk: Desk) -> None:
    (first,) = desk.sync(desk.place())
    product = desk.order(first)["lines"][0]["product_id"][0]
    desk.odoo.change("product.product", product, default_code="RENAMED", barcode=False)
    (second,) = desk.sync(desk.place(desk.line(2)))
    assert second.state is State.SYNCED
    assert desk.order(second)["lines"][0]["product_id"][0] == product


def test_a_tax_that_is_made_after_the_hold_lets_the_order_through(desk: Desk) -> None:
    (record,) = desk.sync(desk.place(taxes=(Tax("Resort", Decimal("0.10")),)))
    assert record.held
    assert record.held.code == "tax_missing"
    desk.odoo.add_tax("Resort", 10.0)
    assert desk.retry(record).state is State.SYNCED


def test_discounts_and_shipping_come_to_shopifys_total(desk: Desk) -> None:
    placed = desk.place(
        Line(desk.shop.product("BENCH-001"), 3, discount=Decimal("0.20")),
        Line(desk.shop.product("BENCH-002"), 2),
        discounts=(Discount("TENOFF", amount=Decimal("10.00")),),
        shipping=(Shipping("Courier", Decimal("8.00"), discount=Decimal("2.00")),),
        taxes=(),
    )
    (record,) = desk.sync(placed)
    assert record.state is State.SYNCED, record.held
    order = desk.order(record)
    assert Decimal(str(order["amount_total"])) == Decimal(placed["totalPriceSet"]["shopMoney"]["amount"])
    assert all(line["discount"] == 0 for line in order["lines"])


def test_an_order_that_differs_stays_a_quotation_until_somebody_corrects_it(desk: Desk) -> None:
    placed = desk.place(desk.line(1))
    (line,) = placed["lineItems"]
    (tax,) = line["taxLines"]
    wrong = bag(placed["totalTaxSet"], "0.70")
    number = placed["id"].rpartition("/")[2]
    placed = desk.shop.update_order(
        number,
        lineItems=[{**line, "taxLines": [{**tax, "priceSet": wrong}]}],
        totalTaxSet=wrong,
        totalPriceSet=bag(placed["totalPriceSet"], "4.70"),
    )
    (record,) = desk.sync(placed)
    assert record.held
    assert record.held.code == "order_differs"
    assert record.held.details["total"] == {"shopify": "4.70", "odoo": "4.60", "difference": "-0.10"}
    assert desk.order(record)["state"] == "draft"
    line_id = desk.order(record)["lines"][0]["id"]
    tax_id = desk.odoo.add_tax("A little more", 17.5)
    taxes = "tax_ids" if desk.odoo.version == "19" else "tax_id"
    desk.odoo.change("sale.order.line", line_id, **{taxes: [(6, 0, [tax_id])]})
    fixed = desk.retry(record)
    assert fixed.state is State.SYNCED, fixed.held
    assert desk.order(fixed)["state"] == "sale"


def test_an_address_that_changes_after_confirmation_is_followed_by_the_order_and_its_delivery(desk: Desk) -> None:
    placed = desk.place(desk.line(1), taxes=())
    (record,) = desk.sync(placed)
    number = placed["id"].rpartition("/")[2]
    address = {**placed["shippingAddress"], "city": "Lexington"}
    (edited,) = desk.sync(desk.shop.update_order(number, shippingAddress=address), why="orders/updated")
    assert edited.state is State.SYNCED, edited.held
    where = desk.order(record)["partner_shipping_id"][0]
    assert desk.odoo.find("res.partner", [("id", "=", where)])[0]["city"] == "Lexington"
    (picking,) = desk.odoo.pickings(desk.order(record)["id"])
    assert picking["partner_id"][0] == where
    before = desk.writes()
    assert desk.retry(edited).state is State.SYNCED
    assert desk.writes() == before


def test_notes_and_tags_that_change_later_leave_the_order_alone(desk: Desk) -> None:
    placed = desk.place()
    desk.sync(placed)
    before = desk.writes()
    changed = desk.shop.update_order(placed["id"].rpartition("/")[2], note="later", tags=["vip"])
    (record,) = desk.sync(changed, why="orders/updated")
    assert record.state is State.SYNCED
    assert desk.writes() == before


def test_one_bad_order_does_not_hold_up_its_batch(desk: Desk) -> None:
    desk.rules(shipping_product_id=999_999)
    good = [desk.place(desk.line(number)) for number in range(1, 6)]
    bad = desk.place(desk.line(1), shipping=(Shipping("Courier", Decimal("5.00")),))
    records = desk.sync(*good[:3], bad, *good[3:])
    assert [record.state for record in records].count(State.SYNCED) == 5
    held = records[3].held
    assert held
    assert held.code == "row_refused"
    assert "999999" in held.message
    assert desk.odoo.journal.count("sale.order", "create") == 5


def test_an_order_cancelled_before_it_was_imported_is_ignored(desk: Desk) -> None:
    placed = desk.place()
    number = placed["id"].rpartition("/")[2]
    cancelled = desk.shop.update_order(number, cancelledAt=placed["createdAt"])
    (record,) = desk.sync(cancelled)
    assert record.state is State.IGNORED
    assert record.ignored
    assert desk.odoo.orders() == []


def _product(desk: Desk, sku: str) -> dict[str, Any]:
    (found,) = desk.odoo.find("product.product", [("default_code", "=", sku)])
    return found
