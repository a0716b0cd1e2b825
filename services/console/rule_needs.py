"""What a store's rules need on the two sides: rights in Odoo, scopes in Shopify, and the records that they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from libs.common.domain.rules import FromShopify, MissingProduct, StoreRules
from libs.common.domain.rules_products import Lead
from libs.common.odoo.check import (
    CONTACT_MODELS,
    COUNTING_MODELS,
    DELIVERY_MODELS,
    INVOICE_MODELS,
    ORDER_MODELS,
    PAYMENT_MODELS,
    PRODUCT_MODELS,
    SHOWN_PRODUCT_MODELS,
    STOCK_MODELS,
)
from libs.common.odoo.check_named import Named, Tagged
from libs.common.shopify.check import (
    CUSTOMER_SCOPES,
    LOCATION_SCOPES,
    PRODUCT_SCOPES,
    REQUIRED_SCOPES,
    STOCK_SCOPES,
    TELLING_SCOPES,
    WATCHING_SCOPES,
)

LOCATION = "stock.location"


def needed_rights(rules: StoreRules) -> dict[str, tuple[str, ...]]:
    """What the rules make the workers do with each model."""
    models: dict[str, tuple[str, ...]] = {}
    for more in _rights(rules):
        for model, operations in more.items():
            models[model] = tuple(dict.fromkeys((*models.get(model, ()), *operations)))
    return models


def _rights(rules: StoreRules) -> Iterator[Mapping[str, tuple[str, ...]]]:
    # Products are made where a rule says so or leaves a carrier open.
    yield {**ORDER_MODELS, "product.product": ("read", "create") if _makes_products(rules) else ("read",)}
    if rules.until.invoices:
        yield INVOICE_MODELS
    if rules.until.registers_payments:
        yield PAYMENT_MODELS
    # Restocked units of a refund come back by a return, which is a transfer of its own.
    if rules.fulfillments.from_shopify is FromShopify.VALIDATE or (rules.restock and rules.until.invoices):
        yield DELIVERY_MODELS
    if rules.inventory.to_shopify:
        yield STOCK_MODELS
        if rules.inventory.first_import:
            yield COUNTING_MODELS
    if rules.products.lead is Lead.SHOPIFY:
        yield PRODUCT_MODELS
    elif rules.products.lead in {Lead.ODOO, Lead.LINK}:
        yield SHOWN_PRODUCT_MODELS
    if rules.customers.sync.to_odoo:
        yield CONTACT_MODELS


def needed_scopes(rules: StoreRules) -> tuple[str, ...]:
    """What the rules make the workers ask of the shop."""
    telling = TELLING_SCOPES if rules.fulfillments.to_shopify else ()
    watching = WATCHING_SCOPES if rules.fulfillments.from_shopify is FromShopify.VALIDATE else ()
    stock = STOCK_SCOPES if rules.inventory.to_shopify else ()
    places = LOCATION_SCOPES if telling or watching or stock else ()
    customers = CUSTOMER_SCOPES if rules.customers.sync.to_shop else ()
    products = PRODUCT_SCOPES if rules.products.lead is Lead.ODOO else ()
    return (*REQUIRED_SCOPES, *telling, *watching, *stock, *places, *customers, *products)


def named_records(rules: StoreRules) -> list[Named]:
    """Every record of Odoo's that the rules name by its id."""
    named = [Named(f"rules.{key}", "product.product", value) for key, value in _products(rules).items() if value]
    if rules.generic_customer_id:
        named.append(Named("rules.generic_customer_id", "res.partner", rules.generic_customer_id))
    named += [Named(f"rules.taxes.{index}", "account.tax", tax.tax_id) for index, tax in enumerate(rules.taxes)]
    named += [Named(f"rules.pricelists.{code}", "product.pricelist", one) for code, one in rules.pricelists.items()]
    if rules.products.pricelist_id:
        named.append(Named("rules.products.pricelist_id", "product.pricelist", rules.products.pricelist_id))
    terms = rules.payment_terms.items()
    named += [Named(f"rules.payment_terms.{name}", "account.payment.term", one) for name, one in terms]
    named += [Named(f"rules.journals.{gateway}", "account.journal", one) for gateway, one in rules.journals.items()]
    warehouses = rules.fulfillments.locations
    named += [Named(f"rules.fulfillments.locations.{one}", "stock.warehouse", one) for one in warehouses]
    return [*named, *_named_stock(rules)]


def _named_stock(rules: StoreRules) -> Iterator[Named]:
    for one in rules.inventory.locations:
        key = f"rules.inventory.locations.{one.location}"
        yield from (Named(f"{key}.warehouses", "stock.warehouse", warehouse) for warehouse in one.warehouses)
        yield from (Named(f"{key}.places", LOCATION, place) for place in one.places)
        if one.import_place:
            yield Named(f"{key}.import_place", LOCATION, one.import_place)


def named_tags(rules: StoreRules) -> list[Tagged]:
    """The tags that the rules pick records by. (Those that stand for consent are made where there are none.)"""
    tags = []
    if rules.products.lead is Lead.ODOO and rules.products.tag:
        tags.append(Tagged("rules.products.tag", "product.tag", rules.products.tag))
    if rules.customers.sync.to_shop and rules.customers.contact_tag:
        tags.append(Tagged("rules.customers.contact_tag", "res.partner.category", rules.customers.contact_tag))
    return tags


def named_locations(rules: StoreRules) -> dict[str, str]:
    """The locations of Shopify's that the rules name: by the key, the number."""
    shipping = {f"rules.fulfillments.locations.{key}": one for key, one in rules.fulfillments.locations.items()}
    return shipping | {
        f"rules.inventory.locations.{index}": one.location for index, one in enumerate(rules.inventory.locations)
    }


def _makes_products(rules: StoreRules) -> bool:
    carriers = {key: value for key, value in _products(rules).items() if key != "gift_card_product_id"}
    if rules.missing_product is not MissingProduct.PLACEHOLDER:
        del carriers["placeholder_product_id"]
    return rules.missing_product is MissingProduct.CREATE or not all(carriers.values())


def _products(rules: StoreRules) -> dict[str, int | None]:
    """`tip_product_id` and the like."""
    names = [name for name in StoreRules.model_fields if name.endswith("_product_id")]
    return {name: getattr(rules, name) for name in names}
