"""Business orders: the company, its location, the number of its purchase order, the terms it pays by."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from libs.common.domain.facts import TermFact
from libs.common.domain.matching import PartnerFact
from libs.common.domain.orders import Company, Customer, Order, PaymentTerms
from libs.common.domain.outcomes import Hold
from libs.common.domain.rules import StoreRules, Until
from libs.common.domain.sales import SaleOrder
from services.workers.orders.edits import hold_for_blocked
from services.workers.orders.model import Changes, Edit, PlannedOrder, PlannedTerms
from services.workers.orders.plan import order_digest, plan
from services.workers.orders.rows import order_fields, order_rows, partner_fields, partner_rows
from tests.unit.orders.builders import ODOO_19, order, sale_line, sale_order, situation
from tests.unit.orders.sales import invoice

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
    assert made.client_order_ref.startswith("#1001 / PO-7731")


def test_a_location_without_address_is_named() -> None:
    made = planned(business(shipping_address=None, billing_address=None))
    assert made.shipping == "tandem_acme.location_600_delivery"
    assert [address.values for address in made.customer.addresses[:2]] == [{"name": "Acme, Louisville"}] * 2


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
    head, second, _ = partner_rows(planned(business()).customer)
    row = dict(zip(partner_fields(), head, strict=True))
    assert (row["is_company"], row["ref"], row["child_ids/type"]) == ("1", "C-77", "delivery")
    assert dict(zip(partner_fields(), second, strict=True))["child_ids/type"] == "invoice"


def _row(decided: Changes) -> list[Any]:
    rows = order_rows(decided, ODOO_19, customer_id=1, tag_ids=[], product_ids={})
    assert len({len(row) for row in rows}) == 1
    return list(rows[0])


class TestTheBuyer:
    def test_is_a_contact_below_the_company_and_stands_in_the_reference(self) -> None:
        made = planned(business())
        (buyer,) = (one for one in made.customer.addresses if one.type == "contact")
        assert buyer.external_id == "tandem_acme.buyer_77_500"
        assert buyer.values == {"name": "Jane Doe", "email": "jane@example.com", "phone": "555-1"}
        assert made.client_order_ref == "#1001 / PO-7731 / Jane Doe"

    @pytest.mark.parametrize(
        ("below", "linked"), [(PartnerFact(5, "Jane", "jane@example.com", 4), None), (PartnerFact(5, "J", "", 4), 5)]
    )
    def test_who_is_there_already_is_not_made_again(self, below: PartnerFact, linked: int | None) -> None:
        company = PartnerFact(4, "Acme", ref="C-77")
        made = planned(business(), partners=(company, below), linked_partner_id=linked)
        assert [one.type for one in made.customer.addresses] == ["delivery", "invoice"]
        assert made.customer.ref == 4

    def test_buys_privately_as_a_contact_of_their_own(self) -> None:
        buyer = PartnerFact(5, "Jane", "jane@example.com", 4, is_buyer=True)
        assert planned(order(), partners=(buyer,)).customer.ref == "tandem_acme.customer_77"

    def test_without_one_the_company_has_no_contact(self) -> None:
        made = planned(business(customer=None))
        assert {one.type for one in made.customer.addresses} == {"delivery", "invoice"}
        assert made.client_order_ref == "#1001 / PO-7731"


class TestPaymentTerms:
    KNOWN = (
        TermFact(1, "Immediate Payment", 0),
        TermFact(3, "a month", 30),
        TermFact(4, "30 Days", 30),
        TermFact(8, "30% Now, Balance 60 Days", None),
    )

    def terms(self, agreed: PaymentTerms | None, rules: StoreRules | None = None) -> PlannedTerms | None:
        return planned(business(payment_terms=agreed), rules, terms=self.KNOWN).terms

    @pytest.mark.parametrize(
        ("agreed", "term", "same"),
        [
            (NET_30, 3, {3, 4}),
            (PaymentTerms("30 days", "NET", 30), 4, {3, 4}),
            (PaymentTerms("Due on receipt", "RECEIPT"), 1, {1, None}),
        ],
    )
    def test_are_those_that_are_due_as_late(self, agreed: PaymentTerms, term: int, same: set[int | None]) -> None:
        found = self.terms(agreed)
        assert found
        assert (found.term_id, set(found.same), found.due_on) == (term, same, None)

    def test_none_agreed_is_left_to_odoo(self) -> None:
        assert self.terms(None) is None
        decided = plan(situation(business()), StoreRules())
        assert isinstance(decided, Changes)
        assert "payment_term_id/.id" not in order_fields(decided, ODOO_19)

    def test_due_at_once_is_said_even_where_odoo_has_no_term_for_it(self) -> None:
        decided = plan(situation(business(payment_terms=PaymentTerms("Due on receipt", "RECEIPT"))), StoreRules())
        assert isinstance(decided, Changes)
        row = dict(zip(order_fields(decided, ODOO_19), _row(decided), strict=True))
        assert row["payment_term_id/.id"] is None

    def test_the_stores_choice_goes_before(self) -> None:
        found = self.terms(NET_30, StoreRules(payment_terms={"net 30 ": 8}))
        assert found
        assert (found.term_id, set(found.same)) == (8, {8})

    def test_a_fixed_date_is_the_invoices_own(self) -> None:
        fixed = PaymentTerms("Fixed date", "FIXED", None, date(2026, 12, 24))
        found = self.terms(fixed, StoreRules(until=Until.INVOICED))
        assert found
        assert (found.term_id, found.due_on) == (None, date(2026, 12, 24))

    @pytest.mark.parametrize(
        ("agreed", "says"),
        [
            (PaymentTerms("Net 60", "NET", 60), "'Net 60' (net, 60 days)"),
            (PaymentTerms("Net", "NET"), "'Net' (net)"),
            (PaymentTerms("Due on fulfillment", "FULFILLMENT"), "'Due on fulfillment' (fulfillment)"),
            (PaymentTerms("Fixed date", "FIXED", None, date(2026, 12, 24)), "'Fixed date' (fixed, 2026-12-24)"),
            (PaymentTerms("Fixed date", "FIXED"), "'Fixed date' (fixed)"),
        ],
    )
    def test_what_nothing_stands_for_is_held_with_all_there_are(self, agreed: PaymentTerms, says: str) -> None:
        decided = plan(situation(business(payment_terms=agreed), terms=self.KNOWN), StoreRules())
        assert isinstance(decided, Hold)
        assert decided.code == "payment_terms_unmapped"
        assert says in decided.message
        assert "Immediate Payment (1), a month (3), 30 Days (4), 30% Now, Balance 60 Days (8)" in decided.hint
        assert [one["id"] for one in decided.details["candidates"]] == [1, 3, 4, 8]


class TestAChange:
    """Of nothing but whose order it is, its number at theirs, or the terms."""

    KNOWN = (TermFact(3, "30 Days", 30), TermFact(4, "45 Days", 45))
    COMPANY = PartnerFact(7, "Acme", ref="C-77", commercial_id=7)
    OTHER = Company("501", "Other Ltd", "601", "Other, Berlin", external_id="C-88")
    BEFORE = business(payment_terms=NET_30)

    def there(self, **changes: Any) -> SaleOrder:
        values: dict[str, Any] = {"partner_id": 7, "payment_term_id": 3, "payment_term": "30 Days"}
        values |= {"client_order_ref": "#1001 / PO-7731 / Jane Doe", "addresses": {"delivery": {}, "invoice": {}}}
        line = sale_line(11, 1, "10.00", key="line_1")
        return sale_order(line, **{**values, **changes})

    def edit(self, there: SaleOrder | None = None, **changed: Any) -> Edit:
        found = situation(
            replace(self.BEFORE, **changed),
            terms=self.KNOWN,
            partners=(self.COMPANY,),
            synced_digest=order_digest(self.BEFORE, StoreRules()),
            target_id=5,
            existing=there or self.there(),
        )
        decided = plan(found, StoreRules())
        assert isinstance(decided, Changes), decided
        assert decided.edit
        return decided.edit

    @pytest.mark.parametrize(
        ("changed", "heading"),
        [
            ({"po_number": "PO-8000"}, {"customer reference"}),
            ({"payment_terms": PaymentTerms("Net 45", "NET", 45)}, {"payment terms"}),
            ({"company": OTHER}, {"customer"}),
            ({"customer": Customer("78", "Bob Roe", "bob@example.com")}, {"customer reference"}),
        ],
    )
    def test_is_noticed_and_followed(self, changed: dict[str, Any], heading: set[str]) -> None:
        edit = self.edit(**changed)
        assert set(edit.heading) == heading
        assert (edit.blocked, edit.new_lines, edit.writes) == ((), (), ())
        assert set(edit.addresses) == ({"delivery", "invoice"} if "customer" in heading else set())

    def test_of_a_location_of_the_same_place_writes_nothing(self) -> None:
        edit = self.edit(company=replace(ACME, location_id="602"))
        assert edit.writes_nothing

    def test_leaves_what_a_person_corrected_elsewhere(self) -> None:
        there = self.there(partner_id=70, payment_term_id=4, client_order_ref="by hand")
        assert self.edit(there, payment_terms=PaymentTerms("Net 45", "NET", 45)).heading == set()
        assert self.edit(there, po_number="PO-8000").heading == {"customer reference"}

    @pytest.mark.parametrize(
        ("changed", "left"),
        [
            (
                {"po_number": "PO-8000"},
                {"customer reference": {"shopify": "#1001 / PO-8000 / Jane Doe", "odoo": "#1001 / PO-7731"}},
            ),
            (
                {"payment_terms": PaymentTerms("Net 45", "NET", 45)},
                {"payment terms": {"shopify": "Net 45", "odoo": "30 Days, due 2026-12-20"}},
            ),
            ({"company": OTHER}, {"customer": {"shopify": "Other Ltd", "odoo": "Acme"}}),
        ],
    )
    def test_of_what_is_invoiced_is_held_with_both_sides(self, changed: dict[str, Any], left: dict[str, Any]) -> None:
        posted: dict[str, Any] = {
            "ref": "#1001 / PO-7731",
            "term_id": 3,
            "term": "30 Days",
            "due_on": date(2026, 12, 20),
        }
        there = self.there(
            invoices=(invoice(line_id=111, units="1", total="10.00", payer_id=7, payer="Acme", **posted),)
        )
        edit = self.edit(there, **changed)
        (told,) = (one for one in edit.blocked if left.keys() <= one.keys())
        assert {name: told[name] for name in left} == left
        assert told["why"] == "INV/2026/00001 is posted"
        hold = hold_for_blocked(edit, "#1001")
        (what, sides), *_ = left.items()
        assert (
            f"the {what}: Shopify {sides['shopify']}, Odoo {sides['odoo']} (INV/2026/00001 is posted)" in hold.message
        )

    def test_that_the_invoice_says_already_is_held_no_more(self) -> None:
        posted: dict[str, Any] = {"ref": "#1001 / PO-8000", "term_id": 3, "payer_id": 7}
        there = self.there(invoices=(invoice(line_id=111, units="1", total="10.00", **posted),))
        assert self.edit(there, po_number="PO-8000").blocked == ()

    def test_of_another_date_is_held_by_the_invoices_due_date(self) -> None:
        fixed = PaymentTerms("Fixed", "FIXED", None, date(2026, 12, 24))
        moved = replace(self.BEFORE, payment_terms=replace(fixed, due_on=date(2026, 12, 31)))
        rules = StoreRules(until=Until.INVOICED)
        posted: dict[str, Any] = {"ref": "#1001 / PO-7731", "payer_id": 7, "due_on": date(2026, 12, 24)}
        there = self.there(payment_term_id=None, invoices=(invoice(line_id=111, units="1", total="10.00", **posted),))
        before = order_digest(replace(self.BEFORE, payment_terms=fixed), rules)
        found = situation(moved, partners=(self.COMPANY,), synced_digest=before, target_id=5, existing=there)
        decided = plan(found, rules)
        assert isinstance(decided, Changes)
        assert decided.edit
        (told,) = decided.edit.blocked
        assert told["payment terms"] == {"shopify": "Fixed, 2026-12-31", "odoo": "due 2026-12-24"}


def test_the_digest_of_a_private_order_is_what_it_was() -> None:
    """Orders that were synced before business was told of are not all read again."""
    assert "." not in order_digest(order(), StoreRules())
    assert order_digest(order(), StoreRules()) == order_digest(business(), StoreRules()).partition(".")[0]
