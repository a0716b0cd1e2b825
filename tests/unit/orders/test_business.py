"""Business orders: the company, its location, the number of its purchase order, the terms it pays by."""

from __future__ import annotations

from typing import Any

import pytest

from libs.common.domain.matching import PartnerFact
from libs.common.domain.orders import Company, Order, PaymentTerms
from libs.common.domain.outcomes import Hold
from libs.common.domain.rules import StoreRules
from services.workers.orders.model import Changes, PlannedOrder
from services.workers.orders.plan import plan
from services.workers.orders.rows import order_fields, order_rows, partner_fields, partner_rows
from tests.unit.orders.builders import ODOO_19, order, situation

ACME = Company("500", "Acme Ltd", "600", "Acme, Louisville", external_id="C-77")
NET_30 = PaymentTerms("Net 30", "NET", 30)


def business(**changes: Any) -> Order:
    return order(**{"company": ACME, "po_number": "PO-7731", **changes})


def planned(placed: Order, rules: StoreRules | None = None, **around: Any) -> PlannedOrder:
    decided = plan(situation(placed, **around), rules or StoreRules())
    assert isinstance(decided, Changes), decided
    return decided.order


def test_the_company_is_the_customer_and_the_location_has_the_addresses() -> None:
    made = planned(business())
    assert (made.customer.ref, made.customer.entity, made.customer.source_id) == (
        "tandem_acme.company_500",
        "company",
        "500",
    )
    assert made.customer.values == {"name": "Acme Ltd", "is_company": "1", "ref": "C-77"}
    assert str(made.shipping).startswith("tandem_acme.location_600_delivery_")
    assert str(made.invoice).startswith("tandem_acme.location_600_invoice_")
    assert made.client_order_ref == "#1001 / PO-7731"


def test_a_location_without_address_is_named() -> None:
    made = planned(business(shipping_address=None, billing_address=None))
    assert made.shipping == "tandem_acme.location_600_delivery"
    assert [address.values for address in made.customer.addresses] == [{"name": "Acme, Louisville"}] * 2


def test_a_linked_company_goes_before_one_with_its_reference_and_the_buyers_email_names_nobody() -> None:
    partners = (
        PartnerFact(3, "Jane", "jane@example.com"),
        PartnerFact(4, "Acme", ref="C-77"),
        PartnerFact(5, "Acme, renamed"),
    )
    assert planned(business(), partners=partners).customer.ref == 4
    assert planned(business(), partners=partners, linked_company_id=5).customer.ref == 5
    assert planned(business(), partners=partners[:1]).customer.ref == "tandem_acme.company_500"


def test_a_new_company_is_written_as_one_with_its_reference() -> None:
    head, second = partner_rows(planned(business()).customer)
    row = dict(zip(partner_fields(), head, strict=True))
    assert (row["is_company"], row["ref"], row["child_ids/type"]) == ("1", "C-77", "delivery")
    assert dict(zip(partner_fields(), second, strict=True))["child_ids/type"] == "invoice"


def test_payment_terms_are_those_that_the_store_named() -> None:
    rules = StoreRules(payment_terms={"Net 30": 4})
    decided = plan(situation(business(payment_terms=NET_30)), rules)
    assert isinstance(decided, Changes)
    assert decided.order.payment_term_id == 4
    row = dict(zip(order_fields(decided, ODOO_19), _row(decided), strict=True))
    assert row["payment_term_id/.id"] == 4


def _row(decided: Changes) -> list[Any]:
    rows = order_rows(decided, ODOO_19, customer_id=1, tag_ids=[], product_ids={})
    assert len({len(row) for row in rows}) == 1
    return list(rows[0])


def test_terms_that_nothing_stands_for_are_held_with_their_days() -> None:
    decided = plan(situation(business(payment_terms=NET_30)), StoreRules())
    assert isinstance(decided, Hold)
    assert (decided.code, decided.details) == (
        "payment_terms_unmapped",
        {"terms": "Net 30", "kind": "NET", "due_in_days": 30},
    )


@pytest.mark.parametrize("terms", [None, PaymentTerms("Due on receipt", "RECEIPT")])
def test_what_is_due_at_once_needs_no_terms(terms: PaymentTerms | None) -> None:
    assert planned(business(payment_terms=terms)).payment_term_id is None
