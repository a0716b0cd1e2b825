"""Business orders in every Odoo: the company, who buys for it, its reference, the terms it pays by, and their changes."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from libs.common.ledger.model import Record, State
from libs.common.odoo.terms import read_terms
from libs.sandbox.shopify.drafts import Company, Person, Terms
from tests.contract.odoo.conftest import Lab
from tests.contract.odoo.life import Document, Life, number

NET_30 = Terms("Net 30", "NET", 30)
NET_45 = Terms("Net 45", "NET", 45)
_counted = itertools.count(1)


def company(life: Life) -> Company:
    """One that nobody knows yet."""
    name = life.lab.new("Acme")
    return Company(name, f"{name}, Louisville", external_id=life.lab.new("C"))


def sell(life: Life, **fields: Any) -> Document:
    values = {"company": company(life), "po_number": "PO-7731", "terms": NET_30, "paid": False, "taxes": ()}
    return life.sell(**{**values, **fields})


def heading(life: Life, placed: Document) -> dict[str, Any]:
    name: Document = {"fields": {"name": {}}}
    partner: Document = {
        "fields": {"name": {}, "is_company": {}, "parent_id": {}, "child_ids": {"fields": {"type": {}}}}
    }
    below: Document = {"fields": {"parent_id": {}, "type": {}}}
    invoice: Document = {
        "ref": {},
        "invoice_date": {},
        "invoice_date_due": {},
        "partner_id": {},
        "commercial_partner_id": name,
    }
    asked: Document = {"partner_id": partner, "payment_term_id": name, "client_order_ref": {}, "state": {}}
    asked |= {"partner_shipping_id": below, "partner_invoice_id": below, "invoice_ids": {"fields": invoice}}
    (found,) = life.client.web_read("sale.order", [life.order_id(placed)], asked)
    return dict(found)


def changed(life: Life, placed: Document, **changes: Any) -> Record:
    life.shop.change_business(placed["id"], **changes)
    return life.follow("order", placed)[0]


def test_terms_are_read_as_what_they_say(lab: Lab) -> None:
    days = {term.name: term.days for term in read_terms(lab.client)}
    assert (days["Immediate Payment"], days["30 Days"], days["30% Now, Balance 60 Days"]) == (0, 30, None)


def test_a_business_order_is_its_companys_with_its_buyer_below_and_due_as_agreed(life: Life) -> None:
    placed = sell(life)
    found = heading(life, placed)
    owner = found["partner_id"]
    assert owner["is_company"]
    assert sorted(child["type"] for child in owner["child_ids"]) == ["contact", "delivery", "invoice"]
    for kind in ("shipping", "invoice"):
        assert found[f"partner_{kind}_id"]["parent_id"] == owner["id"]
    assert found["client_order_ref"] == f"{placed['name']} / PO-7731 / Jane Doe"
    assert found["payment_term_id"]["name"] == "30 Days"
    (invoice,) = found["invoice_ids"]
    assert invoice["commercial_partner_id"]["id"] == owner["id"]
    assert invoice["ref"] == found["client_order_ref"]
    due = datetime.fromisoformat(invoice["invoice_date"]) + timedelta(days=30)
    assert datetime.fromisoformat(invoice["invoice_date_due"]) == due
    life.agree(placed)
    life.repeat(placed)
    life.forget(placed)


def test_a_buyer_is_one_contact_and_orders_privately_as_another(life: Life) -> None:
    who = Person("Bob", "Roe", f"bob{next(_counted)}@{life.slug}.example.com")
    first = sell(life, customer=who)
    owner = company(life)
    again, elsewhere = sell(life, customer=who, company=owner), sell(life, customer=who, company=owner)
    domain = [("email_normalized", "=", who.email)]
    contacts = life.client.search_read("res.partner", domain, ["parent_id", "type", "name"])
    owners = {heading(life, one)["partner_id"]["id"] for one in (first, again, elsewhere)}
    assert len(owners) == 2
    assert {one["parent_id"][0] for one in contacts} == owners
    assert [(one["type"], one["name"]) for one in contacts] == [("contact", "Bob Roe")] * 2
    private = life.sell(customer=who, paid=False)
    assert heading(life, private)["partner_id"]["id"] not in {*owners, *(one["id"] for one in contacts)}
    assert not heading(life, private)["partner_id"]["parent_id"]


def test_changes_are_followed_before_anything_is_invoiced(life: Life) -> None:
    for until in ("quotation", "confirmed"):
        life.rules(until=until)
        placed = sell(life)
        other = company(life)
        before = heading(life, placed)
        record = changed(life, placed, company=other, po_number="PO-8000", terms=NET_45)
        assert record.state is State.SYNCED, record.held
        found = heading(life, placed)
        assert (found["partner_id"]["name"], found["partner_id"]["is_company"]) == (other.name, True)
        assert found["client_order_ref"] == f"{placed['name']} / PO-8000 / Jane Doe"
        assert found["payment_term_id"]["name"] == "45 Days"
        for kind in ("shipping", "invoice"):
            assert found[f"partner_{kind}_id"]["parent_id"] == found["partner_id"]["id"]
        assert (found["state"], found["invoice_ids"]) == (before["state"], [])
        for picking in life.order(placed)["picking_ids"]:
            assert picking["partner_id"] == found["partner_shipping_id"]["id"]
        life.repeat(placed)
        assert life.order(placed)["amount_total"] == 12.5


def test_changes_of_what_is_invoiced_are_held_with_both_sides_and_go_on_once_corrected(life: Life) -> None:
    placed = sell(life)
    record = changed(life, placed, po_number="PO-8000", terms=NET_45)
    assert record.held
    assert record.held.code == "order_changed"
    terms, reference = record.held.details["left"]
    assert terms["payment terms"]["shopify"] == "Net 45"
    assert terms["payment terms"]["odoo"].startswith("30 Days, due ")
    assert reference["customer reference"] == {
        "shopify": f"{placed['name']} / PO-8000 / Jane Doe",
        "odoo": f"{placed['name']} / PO-7731 / Jane Doe",
    }
    assert heading(life, placed)["client_order_ref"] == reference["customer reference"]["shopify"]
    (invoice,) = life.order(placed)["invoice_ids"]
    (term,) = life.client.search_read("account.payment.term", [("name", "=", "45 Days")], ["name"])
    life.client.call("account.move", "button_draft", [[invoice["id"]]], write=True)
    values = {"invoice_payment_term_id": term["id"], "ref": reference["customer reference"]["shopify"]}
    life.client.call("account.move", "write", [[invoice["id"]], values], write=True)
    life.client.call("account.move", "action_post", [[invoice["id"]]], write=True)
    life.synced("order", placed)
    life.agree(placed)


def test_another_company_of_what_is_invoiced_is_held(life: Life) -> None:
    placed = sell(life)
    record = changed(life, placed, company=company(life))
    assert record.held
    assert record.held.code == "order_changed"
    assert "customer" in {name for one in record.held.details["left"] for name in one}
    again = changed(life, placed)
    assert again.held
    assert again.held.details == record.held.details


def test_a_fixed_date_is_the_invoices_due_date(life: Life) -> None:
    day = datetime(2027, 3, 31, 12, tzinfo=UTC)
    placed = sell(life, terms=Terms("Fixed date", "FIXED", due_at=day))
    found = heading(life, placed)
    assert found["payment_term_id"] is False
    assert [one["invoice_date_due"] for one in found["invoice_ids"]] == ["2027-03-31"]
    life.repeat(placed)


def test_terms_without_counterpart_are_held_until_the_store_or_odoo_has_one(life: Life) -> None:
    placed = life.place(company=company(life), terms=Terms("Net 77", "NET", 77), paid=False, taxes=())
    (record,) = life.follow("order", placed)
    assert record.held
    assert record.held.code == "payment_terms_unmapped"
    names = {one["name"] for one in record.held.details["candidates"]}
    assert {"Immediate Payment", "30 Days"} <= names
    (chosen,) = (one["id"] for one in record.held.details["candidates"] if one["name"] == "45 Days")
    life.rules(payment_terms={"Net 77": chosen})
    life.synced("order", placed)
    assert heading(life, placed)["payment_term_id"]["name"] == "45 Days"
    assert number(placed) == record.source_id
