"""From the shop's webhooks through the gateway, the broker and the workers: customers, companies, privacy on one queue."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from pydantic import SecretStr

from libs.common.domain.rules import StoreRules
from libs.common.ledger.model import Record, State
from libs.common.stores.model import OdooConnection, ShopifyConnection, Store
from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.all_in_one import AllInOne
from tests.integration.customers.lobby import HOME, JANE, WORK, number


class House:
    def __init__(self, shop: ShopifySandbox, odoo: OdooSandbox, tandem: AllInOne) -> None:
        self.shop, self.odoo, self.tandem = shop, odoo, tandem

    def until(self, record_id: str, done: Callable[[Record], bool]) -> Record:
        deadline = time.monotonic() + 20
        while True:
            found = self.tandem.ledger.get(record_id)
            if found is not None and done(found):
                return found
            assert time.monotonic() < deadline, (record_id, found)
            time.sleep(0.05)


@pytest.fixture
def house() -> Iterator[House]:
    with ExitStack() as stack:
        shop, odoo = stack.enter_context(ShopifySandbox()), stack.enter_context(OdooSandbox())
        tandem = stack.enter_context(AllInOne())
        tandem.stores.save(
            Store(
                slug="acme",
                shopify=ShopifyConnection(
                    shop=shop.shop, secret=SecretStr(shop.secret), token=SecretStr(shop.token), url=shop.url
                ),
                odoo=OdooConnection(url=odoo.url, database=odoo.database, login=odoo.login, key=SecretStr(odoo.key)),
                rules=StoreRules.model_validate({"customers": {"sync": "both", "merged": "archive"}}),
            )
        )
        shop.webhooks_to(tandem.webhook_url)
        yield House(shop, odoo, tandem)


def synced(record: Record) -> bool:
    return record.state is State.SYNCED


def test_webhooks_of_customers_companies_merges_and_privacy_take_their_way(house: House) -> None:
    shop = house.shop
    jane = number(shop.add_customer(JANE, [HOME, WORK], email_consent="SUBSCRIBED")["id"])
    record = house.until(f"acme/customer/{jane}", synced)
    assert record.target
    company = shop.add_company("Wayne", [{"name": "HQ", "tax_id": "DE123456788", "shipping": HOME}])
    assert house.until(f"acme/company/{number(company['id'])}", synced).target

    twin = number(shop.add_customer(type(JANE)("Jane", "D.", "twin@example.com"))["id"])
    second = house.until(f"acme/customer/{twin}", synced).target
    assert second
    shop.merge_customers(jane, twin)
    house.until(f"acme/customer/{twin}", lambda one: synced(one) and "merged_into" in one.told)
    assert [one["active"] for one in house.odoo.find("res.partner", [("id", "=", second.id)], archived=True)] == [False]

    house.odoo.change("res.partner", record.target.id, name="Jane Roe")
    deadline = time.monotonic() + 20
    while shop.customer(jane)["lastName"] != "Roe":
        assert time.monotonic() < deadline
        time.sleep(0.05)

    body = json.dumps({"customer": {"id": int(jane), "email": "jane.doe@example.com"}, "orders_to_redact": []}).encode()
    shop.send("customers/redact", body, event_id="e")
    assert house.until(f"acme/privacy/redact-{jane}", lambda one: one.state is State.HELD).told["erased_at"]
    assert shop.wait_delivered(10)
    assert set(shop.statistics.statuses) == {"200"}


def test_a_bad_tax_id_goes_all_the_way_and_holds_its_company_alone(house: House) -> None:
    shop = house.shop
    house.odoo.check_tax_ids()
    bad = shop.add_company("Wayne", [{"name": "HQ", "tax_id": "DE12", "shipping": HOME}])
    good = shop.add_company("Stark", [{"name": "HQ", "tax_id": "DE123456788", "shipping": WORK}])
    jane = number(shop.add_customer(JANE, [HOME])["id"])
    record = house.until(f"acme/company/{number(bad['id'])}", lambda one: one.state is State.HELD)
    assert record.held
    assert "VAT number [12] for partner [Wayne] does not seem to be valid" in record.held.message
    assert "Odoo's own words" in record.held.hint
    assert house.until(f"acme/company/{number(good['id'])}", synced).target
    assert house.until(f"acme/customer/{jane}", synced).target
    corrected = [{"name": "HQ", "tax_id": "DE136695976", "shipping": HOME}]
    shop.update_company(bad["id"], locations=corrected)
    assert house.until(record.id, synced).target
