from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from services.workers.orders.edits import hold_for_blocked, plan_edit
from services.workers.orders.model import Edit, PlannedAddress, PlannedLine
from tests.unit.orders.builders import usd
from tests.unit.orders.sales import invoice, picking, sale, sale_line

HOME = {"name": "Jane Doe", "street": "Main St 1", "street2": "", "city": "Louisville", "zip": "40003"}


def planned(number: int = 1, quantity: int = 2, price: str = "10.00", **changes: Any) -> PlannedLine:
    values: dict[str, Any] = {
        "external_id": f"tandem_acme.line_{number}",
        "product": 11,
        "name": f"Thing {number}",
        "quantity": quantity,
        "unit_price": Decimal(price),
        "tax_ids": (1,),
        "amount": usd(str(Decimal(price) * quantity)),
        "tax": usd("0"),
        **changes,
    }
    return PlannedLine(**values)


def written(edit: Edit) -> list[tuple[int, Decimal | None, PlannedLine | None]]:
    return [(one.line.id, one.quantity, one.priced) for one in edit.writes]


def test_an_order_that_is_the_same_is_left_alone() -> None:
    edit = plan_edit(sale(), [planned()], [])
    assert edit.writes_nothing
    assert not edit.blocked


def test_only_a_quantity_that_changes_is_written() -> None:
    order = sale(sale_line(1), sale_line(2))
    edit = plan_edit(order, [planned(1, 5), planned(2)], [])
    assert written(edit) == [(101, Decimal(5), None)]


def test_a_price_is_compared_by_what_it_comes_to() -> None:
    assert plan_edit(sale(sale_line(1, "3", "3.333333")), [planned(1, 3, "3.333333333333")], []).writes_nothing
    dearer = planned(price="10.01")
    assert written(plan_edit(sale(), [dearer], [])) == [(101, None, dearer)]
    taxed = planned(tax_ids=(1, 2))
    assert written(plan_edit(sale(), [taxed], [])) == [(101, None, taxed)]


def test_an_added_line_is_new_and_a_removed_one_goes_to_nothing() -> None:
    added = planned(3)
    edit = plan_edit(sale(sale_line(1), sale_line(2)), [planned(1), added], [])
    assert edit.new_lines == (added,)
    assert written(edit) == [(102, Decimal(0), None)]


def test_lines_that_somebody_added_in_odoo_and_the_rounding_line_are_left_alone() -> None:
    order = sale(sale_line(1), sale_line(2, key=""), sale_line(3, key="rounding_5"))
    assert plan_edit(order, [planned(1)], []).writes_nothing


def test_delivered_units_stay_and_the_rest_follows() -> None:
    order = sale(sale_line(1, "5", delivered=Decimal(3)), pickings=(picking(1, "done", "3"),))
    edit = plan_edit(order, [planned(1, 2)], [])
    assert written(edit) == [(101, Decimal(3), None)]
    (left,) = edit.blocked
    assert (left["shopify"], left["odoo"], left["why"]) == ({"quantity": "2"}, {"quantity": "3"}, "it is delivered")
    held = hold_for_blocked(edit, "#1001")
    assert held.code == "order_changed"
    assert "Thing 1: Shopify quantity 2, Odoo quantity 3 (it is delivered)" in held.message
    assert held.hint == "return the units in Odoo; then retry"


def test_invoiced_units_and_prices_stay_until_they_are_credited() -> None:
    invoiced = sale(invoices=(invoice(),))
    lowered = plan_edit(invoiced, [planned(1, 1)], [])
    assert lowered.writes == ()
    assert lowered.blocked[0]["why"] == "it is invoiced"
    assert "credit note" in lowered.blocked[0]["to_do"]
    dearer = plan_edit(invoiced, [planned(price="12.00")], [])
    assert dearer.writes == ()
    assert dearer.blocked[0]["shopify"]["unit_price"] == "12.00"
    credited = sale(invoices=(invoice(), invoice(2, kind="out_refund", units="1")))
    assert written(plan_edit(credited, [planned(1, 1)], [])) == [(101, Decimal(1), None)]


def test_units_may_always_be_added() -> None:
    order = sale(sale_line(1, delivered=Decimal(2)), invoices=(invoice(),), pickings=(picking(1, "done"),))
    edit = plan_edit(order, [planned(1, 4)], [])
    assert (written(edit), edit.blocked) == ([(101, Decimal(4), None)], ())


def test_units_are_not_added_to_a_line_of_which_some_came_back() -> None:
    """Odoo would ship those again (seen on 18 and 19)."""
    back = replace(picking(9, "done", "1"), code="incoming")
    order = sale(sale_line(1, delivered=Decimal(1)), pickings=(picking(1, "done"), back))
    edit = plan_edit(order, [planned(1, 4)], [])
    assert edit.writes == ()
    assert edit.blocked[0]["why"] == "units of it came back"


def test_a_quotation_follows_in_everything() -> None:
    draft = sale(sale_line(1, delivered=Decimal(2)), state="draft")
    assert plan_edit(draft, [planned(1, 1)], []).blocked == ()


def test_a_new_delivery_address_is_for_the_order_and_its_open_deliveries() -> None:
    there = {"delivery": HOME, "invoice": HOME}
    moved = PlannedAddress("tandem_acme.address_x", "delivery", {**HOME, "city": "Lexington"})
    open_one = sale(addresses=there, pickings=(picking(1, "done"), picking(2)))
    edit = plan_edit(open_one, [planned()], [moved, PlannedAddress("tandem_acme.address_y", "invoice", HOME)])
    assert (dict(edit.addresses), edit.picking_ids, edit.blocked) == ({"delivery": moved}, (2,), ())
    shipped = replace(open_one, pickings=(picking(1, "done"),))
    (left,) = plan_edit(shipped, [planned()], [moved]).blocked
    assert left["delivery address"] == {"city": {"shopify": "Lexington", "odoo": "Louisville"}}
    assert (
        "the delivery address (all of it was shipped already)"
        in hold_for_blocked(plan_edit(shipped, [planned()], [moved]), "#1001").message
    )


def test_a_new_invoice_address_is_told_where_an_invoice_is_posted() -> None:
    moved = PlannedAddress("tandem_acme.address_y", "invoice", {**HOME, "zip": "1"})
    order = sale(addresses={"delivery": HOME, "invoice": HOME}, invoices=(invoice(),))
    edit = plan_edit(order, [planned()], [moved])
    assert dict(edit.addresses) == {"invoice": moved}
    assert edit.blocked[0]["why"] == "INV/2026/00001 is posted"
