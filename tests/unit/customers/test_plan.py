"""What is decided about one customer, without any server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from libs.common.domain.customers import CustomerAddress, OdooAddress, OdooContact, ShopCustomer
from libs.common.domain.facts import CompanyFacts
from libs.common.domain.orders import Address
from libs.common.domain.outcomes import Hold, Ignore, Nothing
from libs.common.domain.rules import StoreRules
from services.workers.customers.contact import language_of, locale_of
from services.workers.customers.model import (
    ArchiveContact,
    ConsentTags,
    MoveLink,
    NewInShop,
    Situation,
    ToOdoo,
    ToShopify,
)
from services.workers.customers.parts import after_writing, read_agreed
from services.workers.customers.plan import plan
from services.workers.customers.sides import before

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FACTS = CompanyFacts("USD", "round_globally", None, (), {}, {"US": 233}, {("US", "KY"): 18}, {}, ())
HOME = Address("Jane Doe", "", "1 Main Street", "", "Louisville", "40202", "KY", "Kentucky", "US")
JANE = ShopCustomer(
    "7", NOW, "Jane", "Doe", "Jane Doe", "jane@example.com", "+15550100", "en",
    addresses=(CustomerAddress("a", HOME),), default_address_id="a",
)  # fmt: skip
VALUES = {
    "name": "Jane Doe", "email": "jane@example.com", "phone": "+1 555-0100", "street": "1 Main Street", "street2": "",
    "city": "Louisville", "zip": "40202", "state_id": "18", "country_id": "233", "lang": "en_US", "vat": "", "ref": "",
}  # fmt: skip
LANGUAGES = ("en_US", "de_DE", "fr_CA")


def contact(number: int = 5, **changes: Any) -> OdooContact:
    values = {**VALUES, **changes.pop("values", {})}
    made = OdooContact(
        number, values["name"], NOW, tuple(values.items()), values["email"], "+15550100" if values["phone"] else ""
    )
    return replace(made, **changes)


def situation(**changes: Any) -> Situation:
    plain: dict[str, Any] = {"customer": JANE, "languages": LANGUAGES, "tags": ConsentTags(1, 2)}
    return Situation("acme/customer/7", "7", "tandem_acme", FACTS, **{**plain, **changes})


def decide(sync: str = "from_shopify", rules: dict[str, Any] | None = None, **changes: Any) -> Any:
    return plan(situation(**changes), StoreRules.model_validate({"customers": {"sync": sync, **(rules or {})}}))


def agreed(customer: ShopCustomer = JANE, odoo: OdooContact | None = None) -> str:
    return before(situation(), customer, odoo or contact()).text


def test_by_default_nothing_is_done() -> None:
    assert plan(situation(), StoreRules()) == Ignore("customers.sync: off")
    assert StoreRules.model_validate({"customers": {"sync": False}}).customers.sync.value == "off"


def test_a_new_customer_is_made_under_the_name_that_orders_use() -> None:
    decided = decide()
    assert isinstance(decided, ToOdoo)
    assert decided.ref == "tandem_acme.customer_7"
    assert decided.values == {
        "name": "Jane Doe", "email": "jane@example.com", "phone": "+15550100", "lang": "en_US",
        "street": "1 Main Street", "street2": "", "city": "Louisville", "zip": "40202", "state_id": "18",
        "country_id": "233",
    }  # fmt: skip
    assert decided.addresses == ()


def test_contacts_of_other_customers_and_archived_ones_are_never_taken() -> None:
    taken = decide(candidates=(contact(5), contact(6, active=False)), taken=frozenset({5}))
    assert isinstance(taken, ToOdoo)
    assert taken.ref == "tandem_acme.customer_7"


def test_of_several_with_the_email_the_oldest_that_is_nobodys_child() -> None:
    decided = decide(candidates=(contact(4, parent_id=1), contact(9), contact(8)))
    assert isinstance(decided, ToOdoo)
    assert decided.ref == 8


@pytest.mark.parametrize(
    ("shop", "odoo", "sync", "winner", "kind"),
    [
        (False, False, "both", "shopify", Nothing),
        (True, False, "both", "odoo", ToOdoo),
        (False, True, "both", "shopify", ToShopify),
        (True, True, "both", "shopify", ToOdoo),
        (True, True, "both", "odoo", ToShopify),
        (False, True, "from_shopify", "odoo", Nothing),
        (True, True, "from_shopify", "odoo", ToOdoo),
        (True, False, "to_shopify", "shopify", Nothing),
        (True, True, "to_shopify", "shopify", ToShopify),
    ],
)
def test_who_changed_and_the_rule_decide_where_it_goes(
    *, shop: bool, odoo: bool, sync: str, winner: str, kind: type
) -> None:
    customer = replace(JANE, last_name="Roe") if shop else JANE
    present = contact(values={"name": "Jane Poe"}) if odoo else contact()
    decided = decide(sync, {"winner": winner}, customer=customer, contact=present, linked_id=5, synced_digest=agreed())
    assert isinstance(decided, kind), decided
    if isinstance(decided, ToOdoo):
        assert decided.values == {"name": "Jane Roe"}
    if isinstance(decided, ToShopify):
        assert decided.values == {"firstName": "Jane", "lastName": "Poe"}


def test_the_first_look_fills_in_and_overwrites_nothing() -> None:
    present = contact(values={"name": "J. Doe", "street": "", "city": "", "zip": "", "state_id": "", "phone": ""})
    decided = decide("both", contact=present, linked_id=5)
    assert isinstance(decided, ToOdoo)
    assert set(decided.values) == {"street", "city", "zip", "state_id", "phone"}
    assert decided.notes["differs"] == ["city", "name", "phone", "state_id", "street", "zip"]
    assert decided.and_shop is not None
    assert decided.and_shop.values == {}


def test_what_was_refused_in_the_shop_an_older_note_in_odoo_does_not_take_back() -> None:
    customer = replace(JANE, email_consent="UNSUBSCRIBED", sms_consent="NEVER_SUBSCRIBED")
    decided = decide("to_shopify", customer=customer, contact=contact(tag_ids=(1, 2)), linked_id=5)
    assert isinstance(decided, ToShopify)
    assert decided.consent == {"sms": True}


def test_nothing_comes_back_that_was_deleted_on_one_side() -> None:
    assert isinstance(decide(customer=None, linked_id=5, contact=contact()), Ignore)
    assert isinstance(decide(linked_id=5, contact=None), Ignore)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"linked_id": 5, "contact": contact(), "kept": None}, MoveLink),
        ({"linked_id": 5, "contact": contact(), "kept": contact(6), "kept_id": 6}, Hold),
        ({"linked_id": 5, "contact": contact(active=False), "kept": contact(6), "kept_id": 6}, Ignore),
        ({"linked_id": None}, Ignore),
        ({"linked_id": None, "told": {"merged_into": "8", "moving": "5 res.partner Jane"}}, MoveLink),
    ],
)
def test_a_merge_moves_the_link_or_asks(changes: dict[str, Any], kind: type) -> None:
    told = {"told": {"merged_into": "8"}, **changes}
    assert isinstance(decide(customer=None, **told), kind)


def test_by_rule_the_second_contact_of_a_merge_is_archived() -> None:
    both: dict[str, Any] = {"linked_id": 5, "contact": contact(), "kept": contact(6), "kept_id": 6}
    decided = decide(rules={"merged": "archive"}, customer=None, told={"merged_into": "8"}, **both)
    assert decided == ArchiveContact("acme/customer/7", 5, "8")


@pytest.mark.parametrize(
    ("changes", "out"),
    [
        ({}, "no customer in Odoo"),
        ({"customer": True, "active": False}, "archived"),
        ({"customer": True, "parent_id": 3}, "another one"),
        ({"customer": True, "is_company": True}, "a company"),
        ({"customer": True, "email": "", "phone": ""}, "neither"),
        ({"customer": True}, None),
    ],
)
def test_which_contacts_of_odoo_become_customers(changes: dict[str, Any], out: str | None) -> None:
    here = Situation(
        "acme/customer/odoo-5", "odoo-5", "tandem_acme", FACTS, LANGUAGES, contact=contact(**changes), linked_id=5
    )
    decided = plan(here, StoreRules.model_validate({"customers": {"sync": "to_shopify"}}))
    if out is None:
        assert isinstance(decided, NewInShop)
    else:
        assert isinstance(decided, Ignore)
        assert out in decided.rule


@pytest.mark.parametrize(
    ("locale", "code"), [("de", "de_DE"), ("fr-FR", "fr_CA"), ("fr-CA", "fr_CA"), ("ja", ""), ("", "")]
)
def test_the_language_is_one_that_is_installed(locale: str, code: str) -> None:
    assert language_of(locale, LANGUAGES) == code


@pytest.mark.parametrize(
    ("lang", "locale"), [("de_CH", "de"), ("pt_BR", "pt-BR"), ("zh_TW", "zh-TW"), ("sr@latin", "sr"), ("es_419", "es")]
)
def test_the_language_is_told_as_shopify_writes_it(lang: str, locale: str) -> None:
    assert locale_of(lang) == locale
    assert language_of(locale, (lang,)) == lang


def test_what_was_erased_on_request_stays_so() -> None:
    assert isinstance(decide(told={"erased": "on request"}), Ignore)


def test_what_is_not_carried_counts_as_no_change() -> None:
    present = contact(values={"ref": "K-17", "vat": "DE1"})
    assert isinstance(decide("both", contact=present, linked_id=5, synced_digest=agreed()), Nothing)


def test_each_part_goes_over_from_the_side_that_changed_it() -> None:
    customer = replace(JANE, last_name="Roe", locale="de")
    present = contact(values={"phone": "+15550177", "street": "9 New Road", "name": "Jane Poe"}, tag_ids=(1,))
    present = replace(present, phone="+15550177")
    decided = decide("both", customer=customer, contact=present, linked_id=5, synced_digest=agreed())
    assert isinstance(decided, ToOdoo)
    assert decided.values == {"name": "Jane Roe", "lang": "de_DE"}
    assert decided.tags == {}
    back = decided.and_shop
    assert isinstance(back, ToShopify)
    assert back.values == {"phone": "+15550177"}
    assert [(one.address.address1, one.default) for one in back.addresses] == [("9 New Road", True)]
    assert back.consent == {"email": True}
    assert decided.notes["both_changed"] == ["name"]


def test_of_a_part_that_both_changed_the_winner_stays_and_the_others_go_their_way() -> None:
    customer = replace(JANE, last_name="Roe", phone="+15550188")
    present = contact(values={"name": "Jane Poe"})
    decided = decide(
        "both", {"winner": "odoo"}, customer=customer, contact=present, linked_id=5, synced_digest=agreed()
    )
    assert isinstance(decided, ToOdoo)
    assert decided.values == {"phone": "+15550188"}
    assert decided.and_shop
    assert decided.and_shop.values == {"firstName": "Jane", "lastName": "Poe"}


def test_an_address_dropped_on_one_side_is_not_brought_back_by_another_change() -> None:
    second = replace(HOME, address1="2 Side Street")
    two = replace(JANE, addresses=(*JANE.addresses, CustomerAddress("b", second)))
    below = (
        ("street", "2 Side Street"),
        ("city", "Louisville"),
        ("country_id", "233"),
        ("state_id", "18"),
        ("zip", "40202"),
    )
    present = contact(addresses=(OdooAddress(8, "delivery", below),))
    both = before(situation(), two, present).text
    dropped_there = decide(
        "both", customer=JANE, contact=replace(present, email="j@new.example"), linked_id=5, synced_digest=both
    )
    assert isinstance(dropped_there, ToOdoo)
    assert dropped_there.and_shop
    assert (dropped_there.and_shop.values, dropped_there.and_shop.addresses) == ({"email": "j@new.example"}, ())
    renamed = replace(two, last_name="Roe")
    dropped_here = decide("both", customer=renamed, contact=contact(), linked_id=5, synced_digest=both)
    assert isinstance(dropped_here, ToOdoo)
    assert (dropped_here.values, dropped_here.addresses) == ({"name": "Jane Roe"}, ())


def test_what_somebody_changed_while_it_was_written_is_a_change_still() -> None:
    then = {"name": "a", "email": "b", "address:1": "1"}
    now = {"name": "x", "email": "y", "address:1": "1", "address:2": "1"}
    assert after_writing(then, now, {"name"}) == {"name": "x", "email": "b", "address:1": "1"}
    assert after_writing(then, now, {"address:"}) == {"name": "a", "email": "b", "address:1": "1", "address:2": "1"}


def test_what_both_agreed_on_is_read_as_it_was_written() -> None:
    both = before(situation(), JANE, contact())
    assert read_agreed(both.text) == both
    assert read_agreed("0123.4567") is None
    assert read_agreed(None) is None


#: What an earlier Tandem kept of JANE and of her contact.
EARLIER = "89ccbd7c5f15b60294579e0911ada8dd.adb505ea1bac9aee38bf63bf6fea9493"


@pytest.mark.parametrize(
    ("shop", "odoo", "kind"),
    [(False, False, Nothing), (True, False, ToOdoo), (False, True, ToShopify), (True, True, ToOdoo)],
)
def test_the_digest_of_an_earlier_tandem_still_tells_which_side_has_changed(
    *, shop: bool, odoo: bool, kind: type
) -> None:
    customer = replace(JANE, last_name="Roe") if shop else JANE
    present = contact(values={"lang": "de_DE"}) if odoo else contact()
    decided = decide("both", customer=customer, contact=present, linked_id=5, synced_digest=EARLIER)
    assert isinstance(decided, kind), decided
    if isinstance(decided, Nothing):
        assert read_agreed(decided.digest) == before(situation(), JANE, contact())
