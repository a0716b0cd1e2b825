"""What Odoo does with the people of a company, and with a tax id that is none: both measured on real servers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from libs.common.domain.customers import CompanyLocation, OdooContact, ShopCompany
from libs.common.domain.orders import Address
from libs.common.domain.rules import StoreRules
from libs.common.errors import Failure
from libs.common.ledger.model import Record, State
from libs.common.odoo.contacts import read_contacts
from services.workers.companies.fingerprints import EVERYTHING
from services.workers.companies.gather import gather
from services.workers.companies.model import NewInShop
from services.workers.companies.model import Situation as CompanySituation
from services.workers.companies.plan import plan as plan_company
from services.workers.companies.to_shop import to_shop
from services.workers.context import StoreContext
from services.workers.customers.apply import Written, apply
from services.workers.customers.model import ToOdoo
from services.workers.customers.verify import verify
from tests.contract.odoo.conftest import Lab
from tests.contract.odoo.test_contacts import RULES, jane, planned, written
from tests.contract.odoo.test_contacts import store as store  # noqa: PLC0414 - a fixture

BOTH = StoreRules.model_validate({"customers": {"sync": "both", "companies": "both"}})
BERLIN = Address("", "", "Hauptstr. 1", "", "Berlin", "10117", "", "", "DE")


def company(store: StoreContext, at: Address | None, tax_id: str = "DE136695976", number: int = 1) -> ToOdoo:
    location = CompanyLocation(str(number), "HQ", tax_id=tax_id, shipping=at, billing=at)
    wayne = ShopCompany(
        str(int(store.slug, 16) + number),
        datetime(2026, 11, 1, tzinfo=UTC),
        f"Wayne {store.slug}",
        locations=(location,),
    )
    situation = CompanySituation(f"acme/company/{number}", str(number), store.module, store.facts(), company=wayne)
    decided = plan_company(situation, RULES)
    assert isinstance(decided, ToOdoo)
    return decided


def again(store: StoreContext, number: int) -> OdooContact:
    return read_contacts(store.odoo, store.odoo_fields, [number])[number]


@pytest.mark.parametrize("at", [BERLIN, None], ids=["with an address", "without an address"])
def test_a_person_who_joins_a_company_keeps_the_address_and_gives_the_company_none(
    store: StoreContext, at: Address | None
) -> None:
    person = written(store, planned(store, jane(store))).contact
    above = written(store, company(store, at)).contact
    changes = planned(store, jane(store), person, companies=("1",), above=above)
    joined = written(store, changes).contact
    assert joined.below
    assert joined.parent_id == above.id
    home = dict(again(store, above.id).values)
    assert (home["street"], home["city"]) == (("Hauptstr. 1", "Berlin") if at else ("", ""))
    assert dict(joined.values)["street"] == home["street"]
    assert dict(joined.values)["vat"] == "DE136695976"
    streets = sorted(dict(one.values)["street"] for one in joined.addresses if one.type == "delivery")
    assert streets == ["1 Main Street", "2 Side Street"]


def test_a_new_person_of_a_company_is_made_below_it(store: StoreContext) -> None:
    above = written(store, company(store, BERLIN)).contact
    made = written(store, planned(store, jane(store), companies=("1",), above=above)).contact
    assert (made.parent_id, made.below) == (above.id, True)
    assert dict(made.values)["street"] == "Hauptstr. 1"
    assert len(made.addresses) == 2
    assert dict(again(store, above.id).values)["street"] == "Hauptstr. 1"


def test_a_company_of_odoo_is_read_with_its_locations_tax_ids_and_people_as_shopify_is_to_have_them(
    store: StoreContext,
) -> None:
    country = store.facts().countries["DE"]
    columns = ["id", "name", "is_company", "parent_id/id", "type", "street", "city", "country_id/.id", "vat", "email"]
    name, key = f"Wayne {store.slug}", f"{store.module}.wayne"
    rows: list[list[Any]] = [
        [key, name, "1", "", "contact", "Hof 1", "Berlin", country, "DE136695976", ""],
        [f"{key}_depot", "Depot", "", key, "delivery", "Kai 5", "Hamburg", country, "", ""],
        [f"{key}_paris", "France", "1", key, "other", "Rue 2", "Paris", country, "FR23334175221", ""],
        [f"{key}_house", "House", "1", key, "contact", "", "", "", "DE123456788", ""],
        [f"{key}_fox", "Lucius Fox", "", key, "contact", "", "", "", "", f"fox.{store.slug}@example.com"],
        [f"{store.module}.location_9_delivery_0", "Old", "", key, "delivery", "Weg 9", "Bonn", country, "", ""],
    ]
    ids = store.odoo.load("res.partner", columns, rows[:1]).ids + store.odoo.load("res.partner", columns, rows[1:]).ids
    record = Record(store.slug, "company", f"odoo-{ids[0]}", State.DUE, "odoo")
    nobody: Any = Nobody()
    (situation,) = gather([record], replace(store, rules=BOTH, ledger=nobody))
    contact = situation.contact
    assert contact
    assert [one.id for one in situation.people] == [ids[4]]
    assert situation.locations == {ids[5]: "9"}
    assert not isinstance(plan_company(situation, BOTH), NewInShop), "nobody was invoiced yet"
    made = plan_company(replace(situation, contact=replace(contact, customer=True)), BOTH)
    assert isinstance(made, NewInShop)
    assert (made.location.tax_id, made.location.billing and made.location.billing.city) == ("DE136695976", "Berlin")
    wayne = ShopCompany("1", contact.written_at, name, made.external_id, locations=(replace(made.location, id="8"),))
    told = to_shop(situation, wayne, contact, EVERYTHING, None, notes={})
    assert sorted((one.name, one.tax_id, one.shipping and one.shipping.city) for one in told.new_locations) == [
        ("Depot", "DE136695976", "Hamburg"),
        ("France", "FR23334175221", "Paris"),
        ("House", "DE123456788", "Berlin"),
        ("Old", "DE136695976", "Bonn"),
    ]
    assert (told.people, told.values, told.locations) == ((ids[4],), {}, ())


class Nobody:
    """A ledger that links nobody."""

    def linked_to(self, *_: Any) -> dict[int, Any]:
        return {}

    def record_hints(self, *_: Any) -> list[Any]:
        return []


def test_a_bad_tax_id_is_refused_for_its_company_alone_where_odoo_checks_it(store: StoreContext, lab: Lab) -> None:
    if lab.access.sandbox is not None:
        lab.access.sandbox.check_tax_ids()
    elif not store.odoo.search_read(
        "ir.module.module", [("name", "=", "base_vat"), ("state", "=", "installed")], ["name"]
    ):
        pytest.skip("this Odoo does not check tax ids: base_vat is not installed")
    good, bad = company(store, BERLIN), company(store, BERLIN, "DE12", 2)
    answers = apply([good, replace(bad, name="bad")], store)
    refused = answers[bad.record_id]
    assert isinstance(refused, Failure)
    assert "[DE12]" in refused.message or "[12]" in refused.message, "19 leaves the country out"
    assert "does not seem to be valid" in refused.message
    made = answers[good.record_id]
    assert isinstance(made, Written)
    assert verify(made) is None
