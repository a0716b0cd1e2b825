"""What the customers' room asks of Odoo: contacts made, changed, read, found, with addresses, tags and language."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from libs.common.domain.customers import CompanyLocation, CustomerAddress, OdooContact, ShopCompany, ShopCustomer
from libs.common.domain.orders import Address
from libs.common.domain.rules import StoreRules
from libs.common.errors import Failure
from libs.common.odoo.contacts import contact_pages, contact_tags, read_contacts
from libs.common.odoo.facts import FactsCache
from services.workers.companies.model import Situation as CompanySituation
from services.workers.companies.plan import plan as plan_company
from services.workers.context import StoreContext
from services.workers.customers.apply import Written, apply
from services.workers.customers.gather import tags_of
from services.workers.customers.model import Situation, ToOdoo
from services.workers.customers.parts import Agreed
from services.workers.customers.plan import plan
from services.workers.customers.verify import verify
from tests.contract.odoo.conftest import Lab

HOME = Address("Jane Doe", "", "1 Main Street", "", "Louisville", "40202", "KY", "Kentucky", "US")
WORK = Address("Jane Doe", "ACME", "2 Side Street", "Floor 3", "Louisville", "40203", "KY", "Kentucky", "US")
RULES = StoreRules.model_validate({"customers": {"sync": "from_shopify"}})


@pytest.fixture
def store(lab: Lab) -> StoreContext:
    slug = uuid.uuid4().hex[:8]
    nobody: Any = None
    client = lab.access.client()
    return StoreContext(slug, f"tandem_{slug}", RULES, nobody, client, FactsCache(client), nobody)


def jane(store: StoreContext, **changes: Any) -> ShopCustomer:
    number = str(int(store.slug, 16))
    values: dict[str, Any] = {
        "first_name": "Jane",
        "last_name": f"Doe {store.slug}",
        "email": f"Jane.{store.slug}@Example.com",
        "phone": f"+1555{number[:7].zfill(7)}",
        "locale": "en-US",
        "email_consent": "SUBSCRIBED",
        "addresses": (CustomerAddress("a", HOME), CustomerAddress("b", WORK)),
        "default_address_id": "a",
        **changes,
    }
    return ShopCustomer(id=number, updated_at=datetime(2026, 11, 1, tzinfo=UTC), **values)


def planned(store: StoreContext, customer: ShopCustomer, contact: OdooContact | None = None, **more: Any) -> ToOdoo:
    situation = Situation(
        record_id=f"acme/customer/{customer.id}",
        source_id=customer.id,
        module=store.module,
        facts=store.facts(),
        languages=store.reference.languages(),
        tags=tags_of(store),
        customer=customer,
        contact=contact,
        linked_id=contact.id if contact else None,
        **more,
    )
    decided = plan(situation, RULES)
    assert isinstance(decided, ToOdoo), decided
    return decided


def written(store: StoreContext, changes: ToOdoo) -> Written:
    answer = apply([changes], store)[changes.record_id]
    assert isinstance(answer, Written), answer
    assert verify(answer) is None
    return answer


def test_a_contact_is_made_as_wanted_with_its_address_its_tag_and_its_language(store: StoreContext) -> None:
    contact = written(store, planned(store, jane(store))).contact
    values = dict(contact.values)
    assert (values["street"], values["city"], values["lang"]) == ("1 Main Street", "Louisville", "en_US")
    assert values["state_id"]
    assert contact.email == f"jane.{store.slug}@example.com"
    (below,) = contact.addresses
    assert dict(below.values)["name"] == "ACME, Jane Doe"
    assert dict(below.values)["street2"] == "Floor 3"
    assert contact_tags(store.odoo, ["Email marketing"])
    assert len(contact.tag_ids) == 1


def test_a_repeat_makes_nothing_again(store: StoreContext) -> None:
    first = written(store, planned(store, jane(store))).contact
    again = written(store, planned(store, jane(store))).contact
    assert again == first


def test_made_by_several_at_once_it_is_one_contact(store: StoreContext) -> None:
    changes = planned(store, jane(store))
    tags_of(store)

    def make(_: int) -> Written | Failure:
        try:
            return apply([changes], store)[changes.record_id]
        except Failure as failure:
            return failure

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(make, range(4)))
    made = {answer.contact.id for answer in answers if isinstance(answer, Written)}
    found = store.odoo.search_read("res.partner", [("email", "=", f"jane.{store.slug}@example.com")], ["name"])
    assert {one["id"] for one in found} == made
    assert len(made) == 1


def test_a_change_writes_what_changed_and_keeps_the_rest(store: StoreContext) -> None:
    before = written(store, planned(store, jane(store))).contact
    (other,) = store.odoo.load(
        "res.partner.category", ["id", "name"], [[f"{store.module}.tag_x", f"VIP {store.slug}"]]
    ).ids
    store.odoo.call("res.partner", "write", [[before.id], {"ref": "K-17", "category_id": [(4, other)]}], write=True)
    present = read_contacts(store.odoo, store.odoo_fields, [before.id])[before.id]
    moved = CustomerAddress("a", Address("Jane Doe", "", "9 New Road", "", "Berlin", "10117", "", "", "DE"))
    customer = jane(store, last_name="Roe", email_consent="UNSUBSCRIBED", addresses=(moved,))
    changes = planned(store, customer, present, synced_digest=Agreed({}, {}).text)
    after = written(store, changes).contact
    values = dict(after.values)
    assert (after.name, values["street"], values["state_id"], values["ref"]) == ("Jane Roe", "9 New Road", "", "K-17")
    assert after.tag_ids == (other,)


def test_contacts_are_found_by_email_and_by_phone_however_they_are_written(store: StoreContext) -> None:
    email, phone = f"found.{store.slug}@example.com", f"+49302{str(int(store.slug, 16))[:6].zfill(6)}"
    spaced = f"+49 30 {phone[5:8]} {phone[8:]}"
    rows: Sequence[Sequence[Any]] = [
        [f"{store.module}.by_email", f"E {store.slug}", email.upper(), "", "US"],
        [f"{store.module}.by_phone", f"P {store.slug}", "", spaced, "US"],
    ]
    ids = store.odoo.load(
        "res.partner", ["id", "name", "email", "phone", "country_id"], [[*row[:4], "Germany"] for row in rows]
    ).ids
    plain = store.odoo.load("res.partner", ["id", "name", "phone"], [[f"{store.module}.plain", "P", phone]]).ids[0]
    found = read_contacts(store.odoo, store.odoo_fields, [], emails={email}, phones={phone})
    assert found[ids[0]].email == email
    assert found[plain].phone == phone
    (kept,) = store.odoo.web_read("res.partner", [ids[1]], {"phone_sanitized": {}})
    # An Odoo without the library `phonenumbers` keeps a number as it was typed, and finds it only so.
    assert (ids[1] in found) is (kept["phone_sanitized"] == phone)
    assert read_contacts(store.odoo, store.odoo_fields, [ids[1]])[ids[1]].phone == phone


def test_a_contact_whose_email_stands_with_a_name_or_among_others_is_the_customer(store: StoreContext) -> None:
    email = f"Named.{store.slug}@Example.com"
    written_so = [f"Jane Doe <{email}>", f"{email}; other.{store.slug}@example.com"]
    rows = [[f"{store.module}.e{n}", f"E {store.slug} {n}", one] for n, one in enumerate(written_so)]
    ids = store.odoo.load("res.partner", ["id", "name", "email"], rows).ids
    found = read_contacts(store.odoo, store.odoo_fields, [], emails={email.lower()})
    assert {one: found[one].email for one in ids} == dict.fromkeys(ids, email.lower())
    changes = planned(store, jane(store, email=email, phone=""), candidates=tuple(found.values()))
    assert changes.ref == ids[0]
    assert "email" not in changes.values
    paged = {one.id: one for page in contact_pages(store.odoo, store.odoo_fields) for one in page}
    assert paged[ids[1]].email == email.lower()


def test_a_batch_with_a_bad_one_holds_that_one_alone(store: StoreContext) -> None:
    good = planned(store, jane(store))
    bad = planned(store, jane(store, email=f"bad.{store.slug}@example.com"))
    values = {**bad.values, "name": "\x00", "state_id": "999999999"}
    spoilt = ToOdoo(
        **{
            **{name: getattr(bad, name) for name in ToOdoo.__dataclass_fields__},
            "record_id": "acme/customer/bad",
            "ref": f"{store.module}.customer_bad",
            "values": values,
            "addresses": (),
        }
    )
    answers = apply([spoilt, good], store)
    assert isinstance(answers["acme/customer/bad"], Failure)
    assert isinstance(answers[good.record_id], Written)


def test_all_contacts_are_read_page_by_page_with_what_they_are_known_by(store: StoreContext, lab: Lab) -> None:
    made = written(store, planned(store, jane(store))).contact
    pages = list(contact_pages(store.odoo, store.odoo_fields, page_records=2 if lab.access.sandbox else 500))
    found = {one.id: one for page in pages for one in page}
    assert len(found) == sum(map(len, pages))
    assert (found[made.id].email, found[made.id].phone) == (made.email, made.phone)
    assert {one.id for one in made.addresses}.isdisjoint(found)


def test_an_archived_contact_stays_below_what_names_it(store: StoreContext) -> None:
    contact = written(store, planned(store, jane(store))).contact
    store.odoo.call("res.partner", "write", [[contact.id], {"active": False}], write=True)
    assert read_contacts(store.odoo, store.odoo_fields, [contact.id])[contact.id].active is False


def test_a_company_has_its_tax_id_and_a_location_of_another_country_its_own(store: StoreContext) -> None:
    number = str(int(store.slug, 16))
    berlin = Address("", "Wayne", "Hauptstr. 1", "", "Berlin", "10117", "", "", "DE")
    paris = Address("", "Wayne", "Rue 2", "", "Paris", "75001", "", "", "FR")
    company = ShopCompany(
        id=number,
        updated_at=datetime(2026, 11, 1, tzinfo=UTC),
        name=f"Wayne {store.slug}",
        external_id=f"K-{store.slug}",
        locations=(
            CompanyLocation("1", "Berlin", tax_id="DE136695976", shipping=berlin),
            CompanyLocation("2", "Paris", tax_id="FR23334175221", shipping=paris),
        ),
    )
    situation = CompanySituation("acme/company/1", "1", store.module, store.facts(), company=company)
    changes = plan_company(situation, RULES)
    assert isinstance(changes, ToOdoo)
    contact = written(store, changes).contact
    assert contact.is_company
    assert dict(contact.values)["vat"] == "DE136695976"
    taxes = {(one.type, dict(one.values)["city"]): one.vat for one in contact.addresses}
    assert taxes == {
        ("delivery", "Berlin"): "DE136695976",
        ("invoice", "Berlin"): "DE136695976",
        ("delivery", "Paris"): "FR23334175221",
        ("invoice", "Paris"): "FR23334175221",
    }
    found = read_contacts(store.odoo, store.odoo_fields, [], refs=[f"K-{store.slug}"])
    assert contact.id in found
