"""`tandem customers link` against a shop and an Odoo that answer over HTTP."""

from __future__ import annotations

import csv
import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from libs.common.domain.customers import OdooContact, ShopCustomer
from libs.common.domain.linking import Found
from libs.common.ledger.model import Link, Target
from libs.common.shopify import walking
from libs.common.shopify.walking import Page
from libs.sandbox.odoo import OdooSandbox
from libs.sandbox.shopify.drafts import Person
from libs.sandbox.shopify.sandbox import ShopifySandbox
from services.console import linking_customers
from services.console.linking import scratch
from tests.integration.console.test_store_check import world_of
from tests.unit.console.world import World

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def customer(shop: ShopifySandbox, first: str, email: str = "", phone: str = "") -> str:
    made = shop.add_customer(Person(first, "Doe", email, phone), topics=())
    return str(made["id"]).rpartition("/")[2]


def linked(world: World) -> dict[str, int]:
    found = world.documents("records")
    return {one["source_id"]: one["target"]["id"] for one in found if one["entity"] == "customer"}


def test_all_customers_are_reported_and_then_linked(shop: ShopifySandbox, odoo: OdooSandbox, tmp_path: Path) -> None:
    by_email = odoo.add("res.partner", name="J. Doe", email=" JANE@Example.com ")
    odoo.add("res.partner", name="Jane again", email="jane@example.com")
    by_phone = odoo.add("res.partner", name="Bob Doe", email="old@example.com", phone="+1 555 0133", customer_rank=1)
    doubt = odoo.add("res.partner", name="Carla", email="carla@example.com", phone="+1 555 0144", customer_rank=1)
    odoo.add("res.partner", name="Only here", email="here@example.com", customer_rank=1)
    jane, bob = customer(shop, "Jane", "jane@example.com"), customer(shop, "Bob", "new@example.com", "+15550133")
    carl, dora = customer(shop, "Carl", "carl@example.com", "+15550144"), customer(shop, "Dora", "dora@example.com")
    before = len(odoo.journal.entries())
    world = world_of(shop, odoo)

    dry = world.run("customers", "link", "acme", "--dry-run", "--json", "--csv", str(tmp_path / "q.csv"))
    assert dry.exit_code == 1, dry.output
    report = json.loads(dry.stdout)
    wanted = {"linked": 0, "matched": 2, "missing": 1, "ambiguous": 1, "duplicate_emails": 1, "only_in_odoo": 2}
    assert {key: report[key] for key in wanted} == wanted
    assert world.documents("records") == []
    rows = {row["customer"]: row for row in csv.DictReader((tmp_path / "q.csv").read_text("utf-8").splitlines())}
    assert {number: row["found"] for number, row in rows.items()} == {carl: "ambiguous", dora: "missing"}
    assert rows[carl]["candidates"] == f"{doubt} Carla (carla@example.com)"

    real = world.run("customers", "link", "acme")
    assert "2 links recorded." in real.stderr
    assert "1  e-mail addresses that several contacts in Odoo share" in real.stdout
    assert linked(world) == {jane: by_email, bob: by_phone}
    again = json.loads(world.run("customers", "link", "acme", "--json").stdout)
    assert (again["linked"], again["matched"], again["linked_now"]) == (2, 0, 0)
    assert len(odoo.journal.entries()) == before


def test_a_contact_that_is_another_customers_is_a_question(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    taken = odoo.add("res.partner", name="Jane Doe", email="jane@example.com")
    customer(shop, "Jane", "jane@example.com")
    world = world_of(shop, odoo)
    world.ledger.link("acme", [Link("customer", "999", Target("res.partner", taken))])
    report = json.loads(world.run("customers", "link", "acme", "--json").stdout)
    assert (report["ambiguous"], report["matched"]) == (1, 0)
    assert "linked to acme/customer/999 already" in report["questions"][0]["why"]
    assert linked(world) == {"999": taken}


def test_by_rule_a_shared_phone_is_no_question(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    odoo.add("res.partner", name="Carla", email="carla@example.com", phone="+1 555 0144")
    customer(shop, "Carl", "carl@example.com", "+15550144")
    world = world_of(shop, odoo, {"customers": {"same_phone": "new"}})
    result = world.run("customers", "link", "acme", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["missing"] == 1


def test_few_requests_for_many_customers(
    shop: ShopifySandbox, odoo: OdooSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """250 customers to a request of Shopify's, past the end of a cursor as well."""
    monkeypatch.setattr(walking, "CURSOR_OBJECTS", 500)
    odoo.add("res.partner", name="X Doe", email="c7@example.com")
    for number in range(1000):
        customer(shop, f"C{number}", f"c{number}@example.com")
    report = json.loads(world_of(shop, odoo).run("customers", "link", "acme", "--json").stdout)
    assert (report["matched"], report["missing"]) == (1, 999)
    assert shop.calls.count("CustomerKeys") == 1000 / walking.PAGE
    assert odoo.calls.count("res.partner.search_read") == 1


class NoLinks:
    """A ledger that links nobody."""

    def links(self, *_: Any) -> dict[str, Target]:
        return {}

    def linked_to(self, *_: Any) -> dict[int, Any]:
        return {}


def peak_kilobytes(monkeypatch: pytest.MonkeyPatch, count: int) -> float:
    """The most memory that Python had while `count` customers were matched with as many contacts."""

    def customers(_: Any) -> Iterator[Page[ShopCustomer]]:
        for start in range(0, count, 250):
            named = (
                ShopCustomer(str(n), NOW, display_name="Jane", email=f"{n}@x.example")
                for n in range(start, start + 250)
            )
            yield Page(tuple(named), count)

    def contacts(*_: Any) -> Iterator[list[OdooContact]]:
        for start in range(0, count, 1000):
            yield [OdooContact(n, "Jane", NOW, (), f"{n}@x.example") for n in range(start + 1, start + 1001)]

    monkeypatch.setattr(linking_customers, "customer_pages", customers)
    monkeypatch.setattr(linking_customers, "contact_pages", contacts)
    nobody: Any = None
    ledger: Any = NoLinks()
    with scratch() as db:
        tracemalloc.start()
        run = linking_customers.LinkingCustomers(
            store="acme", shopify=nobody, odoo=nobody, fields=nobody, ledger=ledger, db=db, dry_run=True
        )
        assert run.run().counts[Found.MATCHED] == count - 1
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak / 1024


def test_memory_does_not_grow_with_the_number_of_customers(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = peak_kilobytes(monkeypatch, 2000), peak_kilobytes(monkeypatch, 8000)
    assert many < 1.2 * few, (few, many)


def test_an_unknown_store_is_told_and_help_teaches_by_examples(shop: ShopifySandbox, odoo: OdooSandbox) -> None:
    world = world_of(shop, odoo)
    result = world.run("customers", "link", "other")
    assert result.exit_code == 2
    assert "Known: acme" in result.stderr
    assert "tandem customers link acme --dry-run" in world.run("customers", "link", "--help").output
