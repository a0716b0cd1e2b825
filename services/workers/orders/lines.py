"""The lines of an order in Odoo: products, exact prices, taxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn

from libs.common.domain.digests import digest
from libs.common.domain.facts import TaxFact
from libs.common.domain.matching import Ambiguous, archived_twin, match_product
from libs.common.domain.money import Money
from libs.common.domain.orders import LineItem, Order, TaxLine
from libs.common.domain.outcomes import Hold
from libs.common.domain.pricing import exact_parts
from libs.common.domain.rules import MissingProduct, StoreRules
from services.workers.orders.model import PlannedLine, PlannedProduct, Ref, Situation

SHIPPING = "shipping"
CUSTOM_LINE = "custom_line"
PLACEHOLDER = "placeholder"
_CARRIERS = {SHIPPING: "Shipping", CUSTOM_LINE: "Custom item", PLACEHOLDER: "Product not found in Odoo"}


class HoldOrder(Exception):
    """Planning found a reason to ask a person."""

    def __init__(self, hold: Hold) -> None:
        self.hold = hold
        super().__init__(hold.message)


def refuse(code: str, message: str, hint: str, **details: object) -> NoReturn:
    raise HoldOrder(Hold(code, message, hint, details))


@dataclass(frozen=True, slots=True)
class PlannedLines:
    """All lines, the products to make for them, and the pairs of variant and product worth remembering."""

    lines: tuple[PlannedLine, ...]
    products: tuple[PlannedProduct, ...]
    links: tuple[tuple[str, str, int, str], ...]


@dataclass(frozen=True, slots=True)
class _Sold:
    """What becomes a line: its key, and units, money and taxes as they were sold."""

    key: str
    name: str
    quantity: int
    total: Money
    taxes: tuple[TaxLine, ...]


def plan_lines(situation: Situation, rules: StoreRules) -> PlannedLines:
    """Every line that was sold and every shipping line; raises `HoldOrder` where a person must decide."""
    order = situation.order
    assert order is not None  # noqa: S101 - plan() deals with orders that are gone
    products: dict[str, PlannedProduct] = {}
    links: list[tuple[str, str, int, str]] = []
    lines: list[PlannedLine] = []
    for line in order.lines:
        if not line.sold_quantity:
            continue
        ref = _product(situation, rules, line, products)
        if isinstance(ref, int) and line.variant_id and line.variant_id not in situation.linked_products:
            links.append(("variant", line.variant_id, ref, line_name(line)))
        sold = _Sold(f"line_{line.id}", line_name(line), line.sold_quantity, line.sold_total, line.sold_taxes)
        lines += _lines(situation, rules, ref, sold)
    for shipping in order.shipping_lines:
        if shipping.removed:
            continue
        ref = _carrier(situation, SHIPPING, rules.shipping_product_id, products)
        key = f"shipping_{order.id}_{shipping.id}"
        lines += _lines(
            situation, rules, ref, _Sold(key, shipping.title or "Shipping", 1, shipping.total, shipping.taxes)
        )
    return PlannedLines(tuple(lines), tuple(products.values()), tuple(dict.fromkeys(links)))


def line_name(line: LineItem) -> str:
    """What the line says in Odoo: title, variant, SKU, and the buyer's own words for it."""
    name = f"{line.title} - {line.variant_title}" if line.variant_title else line.title
    if line.sku:
        name = f"[{line.sku}] {name}"
    return "\n".join(
        [name or "Item", *(f"{key}: {value}" for key, value in line.attributes if not key.startswith("_"))]
    )


def _lines(situation: Situation, rules: StoreRules, ref: Ref, sold: _Sold) -> list[PlannedLine]:
    """One line, or two where the price had to be split; the first has the name that every line has."""
    order = situation.order
    assert order is not None  # noqa: S101 - plan() deals with orders that are gone
    currency = sold.total.currency
    taxes = tax_ids(order, sold.taxes, situation.facts.taxes, rules)
    tax = Money.sum((one.price for one in sold.taxes), currency)
    parts = exact_parts(sold.total.amount, sold.quantity, situation.facts.price_digits)
    return [
        PlannedLine(
            external_id=f"{situation.module}.{sold.key}" + (f"_part{index + 1}" if index else ""),
            product=ref,
            name=sold.name,
            quantity=part.quantity,
            unit_price=part.unit_price,
            tax_ids=taxes,
            amount=Money(part.unit_price * part.quantity, currency).rounded(),
            tax=Money.zero(currency) if index else tax,
        )
        for index, part in enumerate(parts)
    ]


def _product(situation: Situation, rules: StoreRules, line: LineItem, products: dict[str, PlannedProduct]) -> Ref:
    """The product of a line; what to make for it goes into `products`."""
    linked = situation.linked_products.get(line.variant_id) if line.variant_id else None
    found = match_product(situation.products, linked_id=linked, barcode=line.barcode, sku=line.sku)
    if isinstance(found, Ambiguous):
        refuse(
            "product_ambiguous",
            f"{line.title!r}: {len(found.candidates)} products in Odoo have the {found.by} {found.value}",
            f"give all but one of them another {found.by} in Odoo, then retry",
            line=line.title,
            candidates=[{"id": p.id, "name": p.name, "default_code": p.default_code} for p in found.candidates],
        )
    if found:
        return found.id
    if not line.variant_id and not line.sku:
        return _carrier(situation, CUSTOM_LINE, rules.custom_product_id, products)
    return _missing(situation, rules, line, products)


def _missing(situation: Situation, rules: StoreRules, line: LineItem, products: dict[str, PlannedProduct]) -> Ref:
    what = (
        ", ".join(f"{label} {value}" for label, value in (("SKU", line.sku), ("barcode", line.barcode)) if value)
        or f"no SKU and no barcode (variant {line.variant_id})"
    )
    if rules.missing_product is MissingProduct.PLACEHOLDER:
        return _carrier(situation, PLACEHOLDER, rules.placeholder_product_id, products)
    archived = archived_twin(situation.products, barcode=line.barcode, sku=line.sku)
    if archived:
        refuse(
            "product_archived",
            f"{line.title!r} ({what}) is archived in Odoo: {archived.name}",
            "unarchive the product in Odoo, then retry",
            line=line.title,
            product_id=archived.id,
        )
    if rules.missing_product is MissingProduct.HOLD:
        refuse(
            "product_missing",
            f"{line.title!r} ({what}) is not in Odoo",
            "create the product in Odoo with this SKU or barcode, or set missing_product to `create` or `placeholder`",
            line=line.title,
            sku=line.sku,
            barcode=line.barcode,
        )
    key = f"variant_{line.variant_id}" if line.variant_id else f"sku_{digest(line.sku)[:16]}"
    external_id = f"{situation.module}.{key}"
    values = {
        "name": f"{line.title} ({line.variant_title})" if line.variant_title else line.title,
        "default_code": line.sku.strip(),
        "barcode": line.barcode.strip(),
        "list_price": f"{line.unit_price.amount:f}",
    }
    products[external_id] = PlannedProduct(
        external_id,
        {name: value for name, value in values.items() if value},
        service=not line.requires_shipping,
        source_id=line.variant_id,
    )
    return external_id


def _carrier(situation: Situation, kind: str, chosen: int | None, products: dict[str, PlannedProduct]) -> Ref:
    """The product that carries lines without one of their own: the store's choice, else one that is made once."""
    if chosen:
        return chosen
    external_id = f"{situation.module}.{kind}_product"
    products[external_id] = PlannedProduct(external_id, {"name": _CARRIERS[kind]}, service=True)
    return external_id


def tax_ids(order: Order, taxes: Sequence[TaxLine], known: Sequence[TaxFact], rules: StoreRules) -> tuple[int, ...]:
    """The Odoo taxes for a line's taxes: mapped, else of the same rate and the same inclusion; else it is held."""
    found: dict[int, None] = {}
    for tax in taxes:
        tax_id = _mapped(order, tax, rules) or _by_rate(order, tax, known)
        if tax_id:
            found[tax_id] = None
    return tuple(found)


def _mapped(order: Order, tax: TaxLine, rules: StoreRules) -> int | None:
    for mapping in rules.taxes:
        same_title = mapping.title is None or mapping.title == tax.title
        same_inclusion = mapping.included is None or mapping.included == order.taxes_included
        if mapping.rate == tax.rate and same_title and same_inclusion:
            return mapping.tax_id
    return None


def _by_rate(order: Order, tax: TaxLine, known: Sequence[TaxFact]) -> int | None:
    """None for a tax of nothing that Odoo has no tax for: it changes no amount."""
    fitting = [fact for fact in known if fact.rate == tax.rate and fact.included == order.taxes_included]
    if not fitting and tax.rate == 0 and not tax.price:
        return None
    percent = f"{(tax.rate * Decimal(100)).normalize():f} %"
    inclusion = "included in the price" if order.taxes_included else "on top of the price"
    if not fitting:
        refuse(
            "tax_missing",
            f"Odoo has no sale tax of {percent} {inclusion} for {tax.title!r}",
            "create that tax in Odoo, or map it in the store's rules (taxes: rate, tax_id)",
            title=tax.title,
            rate=str(tax.rate),
            included=order.taxes_included,
        )
    named = [fact for fact in fitting if fact.name.strip().lower() == tax.title.strip().lower()]
    chosen = named if len(named) == 1 else fitting
    if len(chosen) > 1:
        refuse(
            "tax_ambiguous",
            f"Odoo has {len(chosen)} sale taxes of {percent} {inclusion} for {tax.title!r}",
            "say which one in the store's rules (taxes: rate, title, tax_id)",
            title=tax.title,
            rate=str(tax.rate),
            candidates=[{"id": fact.id, "name": fact.name} for fact in chosen],
        )
    return chosen[0].id
