"""What `tandem store check` looks at, on both sides: each thing with a tick, or the reason and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from libs.common.domain.rules import FromShopify, MissingProduct, StoreRules
from libs.common.domain.rules_products import Lead
from libs.common.errors import Failure
from libs.common.ledger.interface import Budgets
from libs.common.odoo.check import (
    DELIVERY_MODELS,
    INVOICE_MODELS,
    ORDER_MODELS,
    PAYMENT_MODELS,
    CheckLine,
    check_odoo,
)
from libs.common.odoo.check_named import Named, check_named, check_sales_journal
from libs.common.odoo.client import OdooClient
from libs.common.shopify.check import (
    CUSTOMER_SCOPES,
    PRODUCT_SCOPES,
    REQUIRED_SCOPES,
    STOCK_SCOPES,
    TELLING_SCOPES,
    WATCHING_SCOPES,
    ShopFacts,
    check_shop,
)
from libs.common.shopify.client import ShopifyClient
from libs.common.stores.model import OdooConnection, Store


@dataclass(frozen=True, slots=True)
class Line:
    """One thing looked at."""

    what: str
    ok: bool
    detail: str
    to_do: str = ""


def check_store(store: Store, budgets: Budgets) -> Iterator[Line]:
    """Both sides, line by line as they are found out. Never raises a Failure."""
    yield from shopify_lines(store, budgets)
    yield from odoo_lines(store.odoo, needed_rights(store.rules), store.rules)


def needed_rights(rules: StoreRules) -> Mapping[str, tuple[str, ...]]:
    """What the rules make the workers do; products are made where a rule says so or leaves a carrier open."""
    models = {**ORDER_MODELS, "product.product": ("read", "create") if _makes_products(rules) else ("read",)}
    if rules.until.invoices:
        models |= INVOICE_MODELS
    if rules.until.registers_payments:
        models |= PAYMENT_MODELS
    # Restocked units of a refund come back by a return, which is a transfer of its own.
    if rules.fulfillments.from_shopify is FromShopify.VALIDATE or (rules.restock and rules.until.invoices):
        models |= DELIVERY_MODELS
    return models


def _makes_products(rules: StoreRules) -> bool:
    carriers = {key: value for key, value in _products(rules).items() if key != "gift_card_product_id"}
    if rules.missing_product is not MissingProduct.PLACEHOLDER:
        del carriers["placeholder_product_id"]
    return rules.missing_product is MissingProduct.CREATE or not all(carriers.values())


def _products(rules: StoreRules) -> dict[str, int | None]:
    """`tip_product_id` and the like."""
    names = [name for name in StoreRules.model_fields if name.endswith("_product_id")]
    return {name: getattr(rules, name) for name in names}


def named_records(rules: StoreRules) -> list[Named]:
    """Every record of Odoo's that the rules name by its id."""
    named = [Named(f"rules.{key}", "product.product", value) for key, value in _products(rules).items() if value]
    if rules.generic_customer_id:
        named.append(Named("rules.generic_customer_id", "res.partner", rules.generic_customer_id))
    named += [Named(f"rules.taxes.{index}", "account.tax", tax.tax_id) for index, tax in enumerate(rules.taxes)]
    named += [Named(f"rules.pricelists.{code}", "product.pricelist", one) for code, one in rules.pricelists.items()]
    terms = rules.payment_terms.items()
    named += [Named(f"rules.payment_terms.{name}", "account.payment.term", one) for name, one in terms]
    named += [Named(f"rules.journals.{gateway}", "account.journal", one) for gateway, one in rules.journals.items()]
    warehouses = rules.fulfillments.locations
    return named + [Named(f"rules.fulfillments.locations.{one}", "stock.warehouse", one) for one in warehouses]


def odoo_lines(
    connection: OdooConnection,
    models: Mapping[str, tuple[str, ...]] = ORDER_MODELS,
    rules: StoreRules | None = None,
) -> list[Line]:
    """The connection and the rights; with `rules` also what they name, once there is a connection to ask."""
    client = OdooClient(
        connection.base_url,
        connection.database,
        connection.login,
        connection.key.get_secret_value(),
        connection.company_id,
    )
    try:
        lines = check_odoo(client, models)
        if rules is not None and any(
            line.ok and line.what == f"Odoo company {connection.company_id}" for line in lines
        ):
            lines += _rule_lines(client, rules)
        return [Line(line.what, line.ok, line.detail, line.to_do) for line in lines]
    finally:
        client.close()


def _rule_lines(client: OdooClient, rules: StoreRules) -> list[CheckLine]:
    lines = check_named(client, named_records(rules))
    if rules.until.invoices:
        lines.append(check_sales_journal(client))
    if rules.until.registers_payments and not rules.journals:
        to_do = "name a journal for each payment gateway of the shop; `tandem store example` shows how"
        lines.append(CheckLine("rules.journals", False, "no gateway has a journal: every payment would be held", to_do))
    return lines


def shopify_lines(store: Store, budgets: Budgets) -> Iterator[Line]:
    client = ShopifyClient(
        store.shopify.base_url,
        store.shopify.token.get_secret_value(),
        budget=budgets,
        budget_key=f"{store.slug}/shopify",
    )
    try:
        facts = check_shop(client)
    except Failure as error:
        yield Line("Shopify token", False, error.message, error.hint or "see the message")
        return
    finally:
        client.close()
    yield Line("Shopify token", True, f"{facts.name}, {facts.currency}")
    yield _domain(store, facts)
    yield _scopes(facts, store.rules)
    yield _version(facts)


def _domain(store: Store, facts: ShopFacts) -> Line:
    what = "Shopify shop"
    if facts.domain.lower() == store.shopify.shop.lower():
        return Line(what, True, facts.domain)
    detail = f"the token belongs to {facts.domain}, the store is {store.shopify.shop}"
    return Line(what, False, detail, "correct shop or token in the store's file, then `tandem store add` it again")


def needed_scopes(rules: StoreRules) -> tuple[str, ...]:
    """What the rules make the workers ask of the shop."""
    telling = TELLING_SCOPES if rules.fulfillments.to_shopify else ()
    watching = WATCHING_SCOPES if rules.fulfillments.from_shopify is FromShopify.VALIDATE else ()
    stock = STOCK_SCOPES if rules.inventory.to_shopify else ()
    customers = CUSTOMER_SCOPES if rules.customers.sync.to_shop else ()
    products = PRODUCT_SCOPES if rules.products.lead is Lead.ODOO else ()
    return (*REQUIRED_SCOPES, *telling, *watching, *stock, *customers, *products)


def _scopes(facts: ShopFacts, rules: StoreRules) -> Line:
    what = "Shopify scopes"
    missing = facts.lacking(needed_scopes(rules))
    if not missing:
        return Line(what, True, ", ".join(facts.scopes))
    lacking = ", ".join(missing)
    return Line(what, False, f"the token lacks {lacking}", f"give the app {lacking} in Shopify and install it anew")


def _version(facts: ShopFacts) -> Line:
    what = f"Shopify API {facts.asked_version}"
    if facts.version_supported:
        return Line(what, True, "served")
    if facts.served_version not in {"", facts.asked_version}:
        detail = f"the shop answers as {facts.served_version}"
    else:
        detail = f"the shop serves {', '.join(facts.supported_versions) or 'no version that it names'}"
    return Line(what, False, detail, "update Tandem: versions of the API live for a year")
