from __future__ import annotations

import dataclasses
from datetime import timedelta
from decimal import Decimal
from typing import Any

from libs.common.domain.rules import StoreRules
from libs.common.domain.sales import SaleLine, SaleOrder
from services.workers.orders.compare import difference, same_date
from services.workers.orders.model import Applied, Changes
from services.workers.orders.plan import plan
from services.workers.orders.verify import verify
from tests.unit.orders.builders import PLACED, line, order, sale_line, sale_order, shipping, situation, tax

CARRIER = {"tandem_acme.shipping_product": 50}
GOODS = sale_line(11, 2, "10.00", tax_ids=(1,), tax=Decimal("3.0"))
CARRIAGE = sale_line(50, 1, "4.90", name="DHL")
ADDRESS = {"name": "Jane Doe", "street": "Main St 1", "street2": "", "city": "Louisville", "zip": "40003"}


def planned() -> Changes:
    placed = order(line(quantity=2, taxes=(tax("0.15", "3.00"),)), shipping_lines=(shipping(),))
    decided = plan(situation(placed), StoreRules())
    assert isinstance(decided, Changes)
    return decided


def odoo(*lines: SaleLine, **changes: Any) -> SaleOrder:
    values: dict[str, Any] = {
        "total": Decimal("27.9"),
        "tax": Decimal("3.0"),
        "addresses": {"delivery": ADDRESS, "invoice": ADDRESS},
    }
    return sale_order(*(lines or (GOODS, CARRIAGE)), **(values | changes))


def verdict(there: SaleOrder, **applied: Any) -> str | None:
    (verified,) = verify([Applied(applied.pop("changes", planned()), 5, there, product_ids=CARRIER, **applied)])
    return verified.hold.code if verified.hold else None


def test_equal_orders_differ_in_nothing() -> None:
    assert difference(planned(), odoo(), CARRIER) is None
    assert verdict(odoo()) is None


def test_a_cent_of_float_noise_is_no_cent() -> None:
    assert difference(planned(), odoo(total=Decimal("27.900000000000002")), CARRIER) is None


def test_a_cent_too_much_is_told_with_both_figures() -> None:
    found = difference(planned(), odoo(total=Decimal("27.91"), tax=Decimal("3.01")), CARRIER)
    assert found
    assert found["total"] == {"shopify": "27.90", "odoo": "27.91", "difference": "0.01"}
    assert found["tax"] == {"shopify": "3.00", "odoo": "3.01"}
    assert verdict(odoo(total=Decimal("27.91"))) == "order_differs"


def test_a_missing_line_a_foreign_line_and_a_wrong_quantity_are_told_line_by_line() -> None:
    found = difference(planned(), odoo(dataclasses.replace(GOODS, quantity=Decimal(3))), CARRIER)
    assert found
    first, second = found["lines"]
    assert (first["shopify"]["quantity"], first["odoo"]["quantity"]) == ("2", "3")
    assert second["odoo"] is None
    extra = difference(planned(), odoo(GOODS, CARRIAGE, sale_line(9, 1, "1")), CARRIER)
    assert extra
    assert extra["lines"][0]["shopify"] is None


def test_lines_that_tell_their_keys_are_compared_by_them_in_any_order() -> None:
    goods, carriage = dataclasses.replace(GOODS, key="line_1"), dataclasses.replace(CARRIAGE, key="shipping_1001_1")
    assert difference(planned(), odoo(carriage, goods), CARRIER) is None
    by_hand = sale_line(9, 1, "1", name="Gift")
    found = difference(planned(), odoo(carriage, by_hand), CARRIER)
    assert found
    assert [(row["name"], row["odoo"] is None) for row in found["lines"]] == [("[MUG-1] Mug", True), ("Gift", False)]


def test_another_product_or_currency_is_told() -> None:
    swapped = odoo(dataclasses.replace(GOODS, product_id=99), CARRIAGE, currency="EUR")
    found = difference(planned(), swapped, CARRIER)
    assert found
    assert found["lines"][0]["odoo"]["product_id"] == 99
    assert found["currency"] == {"shopify": "USD", "odoo": "EUR"}


def test_a_product_whose_id_is_not_known_here_is_not_compared() -> None:
    assert difference(planned(), odoo(), {}) is None


def test_an_order_cancelled_or_left_a_quotation_is_held() -> None:
    assert verdict(odoo(state="cancel")) == "order_cancelled_in_odoo"
    assert verdict(odoo(state="draft")) == "order_not_confirmed"


def test_the_date_must_have_been_put_back() -> None:
    later = odoo(date_order=PLACED + timedelta(hours=2))
    assert not same_date(later, planned())
    assert verdict(later) == "order_date_differs"


def test_a_quotation_that_differed_is_held_with_its_difference() -> None:
    assert verdict(odoo(state="draft"), difference={"total": {"shopify": "1", "odoo": "2", "difference": "1"}}) == (
        "order_differs"
    )
