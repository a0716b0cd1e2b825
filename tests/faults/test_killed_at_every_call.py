"""FAULTS.md F13 for products, customers, companies and stock: a worker dies at each call in turn, reads among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from libs.common.domain.rules import StoreRules
from libs.common.ledger.model import Hint, State
from libs.sandbox.shopify.bench import bench_catalog
from libs.sandbox.shopify.sandbox import LOCATION
from libs.sandbox.shopify.selling import offer_product
from tests.faults.bomb import kill_at_every_call
from tests.faults.test_stock_killed import pair, settings
from tests.integration.customers.lobby import HOME, JANE, number
from tests.integration.products.stall import shirts
from tests.rig import SLUG, Rig, open_rig


@dataclass(frozen=True)
class Case:
    """One room and direction: what it takes over one after the other, and how often the other side has it."""

    queue: str
    rules: dict[str, Any]
    announce: Callable[[Rig, int], Hint]
    made: Callable[[Rig], list[str]]
    least: int
    """How many calls a fresh worker makes at the least: each of them kills one."""


def product(rig: Rig, at: int) -> Hint:
    offers = [type(one)(f"{one.sku}-{at}", one.price, one.options) for one in shirts()]
    made = offer_product(rig.shop, f"Shirt {at}", offers, productType="Shirts", tags=["cotton"])
    return Hint(SLUG, "product", number(made["id"]), why="products/create")


def template(rig: Rig, at: int) -> Hint:
    made = rig.odoo.add("product.template", name=f"Mug {at}", list_price=12.5)
    return Hint(SLUG, "product", f"odoo-{made}", "odoo", why="changed in Odoo")


def customer(rig: Rig, at: int) -> Hint:
    person = replace(JANE, email=f"jane{at}@example.com", phone=f"+1555010{at:02}")
    return Hint(SLUG, "customer", number(rig.shop.add_customer(person, [HOME])["id"]), why="customers/create")


def contact(rig: Rig, at: int) -> Hint:
    made = rig.odoo.add("res.partner", name=f"Ada {at}", email=f"ada{at}@example.com", customer_rank=1, street="Kai 5")
    return Hint(SLUG, "customer", f"odoo-{made}", "odoo", why="changed in Odoo")


def company(rig: Rig, at: int) -> Hint:
    location = {"name": "HQ", "tax_id": f"DE{at}", "shipping": replace(HOME, address1=f"{at} Street")}
    return Hint(SLUG, "company", number(rig.shop.add_company(f"Wayne {at}", [location])["id"]), why="companies/create")


def company_of_odoo(rig: Rig, at: int) -> Hint:
    made = rig.odoo.add("res.partner", name=f"Wayne {at}", is_company=True, customer_rank=1, street="Hof 1")
    return Hint(SLUG, "company", f"odoo-{made}", "odoo", why="changed in Odoo")


def figure(rig: Rig, at: int) -> Hint:
    found = pair(rig, f"BENCH-{at:03}", odoo=at)
    return Hint(SLUG, "inventory", found.rpartition("/")[2], "odoo", why="changed in Odoo")


def names(model: str, *domain: Any) -> Callable[[Rig], list[str]]:
    return lambda rig: [str(one["name"]) for one in rig.odoo.find(model, list(domain), archived=True)]


STOCK = {"inventory": {"to_shopify": True, "locations": [{"location": LOCATION, "warehouses": [1]}]}}
BOTH = {"customers": {"sync": "both", "companies": "both"}}
CASES = {
    "products to odoo": Case(
        "products",
        {"products": {"lead": "shopify"}},
        product,
        names("product.template", ("name", "like", "Shirt")),
        20,
    ),
    "products to shopify": Case(
        "products",
        {"products": {"lead": "odoo"}},
        template,
        lambda rig: [
            title for one in rig.shop.store.catalog.products() if (title := str(one["title"])).startswith("Mug")
        ],
        14,
    ),
    "customers to odoo": Case(
        "customers",
        BOTH,
        customer,
        lambda rig: [
            str(one["email"])
            for one in rig.odoo.find("res.partner", [("email", "like", "jane"), ("parent_id", "=", False)])
        ],
        20,
    ),
    "customers to shopify": Case(
        "customers",
        BOTH,
        contact,
        lambda rig: [str(one["defaultEmailAddress"]["emailAddress"]) for one in rig.shop.customers()],
        20,
    ),
    "companies to odoo": Case(
        "customers", BOTH, company, names("res.partner", ("name", "like", "Wayne"), ("is_company", "=", True)), 20
    ),
    "companies to shopify": Case(
        "customers", BOTH, company_of_odoo, lambda rig: [str(one["name"]) for one in rig.shop.store.companies()], 20
    ),
    "stock": Case("inventory", STOCK, figure, lambda rig: [str(one) for one in settings(rig)], 6),
}


@pytest.mark.timeout(200)
@pytest.mark.parametrize("name", list(CASES))
def test_f13_a_worker_killed_at_any_remote_call_leaves_nothing_missing_and_nothing_twice(
    mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str, name: str
) -> None:
    case = CASES[name]
    rules = StoreRules.model_validate(case.rules)
    with open_rig(mongodb_url, mongodb_database, rabbitmq_vhost, rules=rules) as rig:
        rig.shop.add_products(bench_catalog())
        placed, kills = kill_at_every_call(rig, case.queue, lambda at: case.announce(rig, at))
        records = [rig.record(one) for one in placed]
        # What goes to Shopify goes on under the record of the pair that it has become.
        assert {one.state for one in records} <= {State.SYNCED, State.IGNORED}, [one.held for one in records]
        made = case.made(rig)
    assert (len(made), len(set(made))) == (len(placed), len(placed)), made
    assert kills >= case.least, kills
