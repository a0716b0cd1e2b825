"""Which contact a customer is, and what becomes of its address book and its consent: without any server."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from libs.common.domain.customers import CustomerAddress, OdooAddress
from libs.common.domain.outcomes import Hold, Nothing
from services.workers.customers.model import MoveLink, ToOdoo
from tests.unit.customers.test_plan import HOME, JANE, VALUES, agreed, contact, decide

ADDRESS = {name: VALUES[name] for name in ("name", "street2", "city", "zip", "state_id", "country_id")} | {"phone": ""}


def test_a_delivery_address_with_the_number_is_no_customer_and_two_of_one_name_are_a_question() -> None:
    nobody: dict[str, Any] = {"email": "", "values": {"email": ""}}
    address = contact(6, parent_id=1, type="delivery", **nobody)
    assert isinstance(decide(candidates=(address,)), ToOdoo)
    assert decide(candidates=(address,)).ref == "tandem_acme.customer_7"
    twins = (contact(8, **nobody), contact(9, **nobody))
    asked = decide(candidates=twins)
    assert isinstance(asked, Hold)
    assert asked.details["contact_ids"] == [8, 9]


def test_an_address_that_odoo_has_is_not_made_again_and_the_old_default_one_is_kept() -> None:
    side = replace(HOME, address1="2 Side Street")
    third = replace(HOME, address1="3 Third Road")
    book = (CustomerAddress("a", HOME), CustomerAddress("b", side), CustomerAddress("c", third))
    below = [tuple({**ADDRESS, "street": one.address1}.items()) for one in (side, third)]
    present = contact(addresses=tuple(OdooAddress(8 + n, "delivery", one) for n, one in enumerate(below)))
    text = agreed(replace(JANE, addresses=book), present)
    moved = replace(JANE, addresses=book, default_address_id="b")
    decided = decide(customer=moved, contact=present, linked_id=5, synced_digest=text)
    assert isinstance(decided, ToOdoo)
    assert decided.values == {"street": "2 Side Street"}
    assert [one.values["street"] for one in decided.addresses] == ["1 Main Street"]


def test_the_order_of_an_address_book_and_an_entry_that_stands_twice_are_no_change() -> None:
    side = CustomerAddress("b", replace(HOME, address1="2 Side Street"))
    book = (CustomerAddress("a", HOME), side)
    text = agreed(replace(JANE, addresses=book))
    turned = replace(JANE, addresses=(side, CustomerAddress("c", side.address), *book[:1]))
    assert isinstance(decide("both", customer=turned, contact=contact(), linked_id=5, synced_digest=text), Nothing)
    made = decide(customer=turned)
    assert isinstance(made, ToOdoo)
    assert len(made.addresses) == 1


def test_each_consent_goes_over_and_a_shop_that_never_asked_takes_none_back() -> None:
    customer = replace(JANE, sms_consent="SUBSCRIBED")
    decided = decide(customer=customer, contact=contact(), linked_id=5, synced_digest=agreed())
    assert isinstance(decided, ToOdoo)
    assert decided.tags == {"SMS marketing": True}
    first = decide(customer=replace(JANE, email_consent="NOT_SUBSCRIBED"), contact=contact(tag_ids=(1,)), linked_id=5)
    assert isinstance(first, ToOdoo)
    assert first.tags == {}


def test_who_stays_and_whose_contact_is_gone_in_odoo_gets_that_of_the_other() -> None:
    decided = decide(customer=None, told={"merged_into": "8"}, linked_id=5, contact=contact(), kept=None, kept_id=6)
    assert decided == MoveLink("acme/customer/7", "7", "8", 6)
