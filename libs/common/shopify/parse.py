"""From the JSON of the order documents to `libs.common.domain.orders`. Shop money only."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from libs.common.domain.money import Money
from libs.common.domain.orders import Address, Customer, LineItem, Order, ShippingLine, TaxLine
from libs.common.shopify.reading import Node, numeric_id, unreadable

#: A rate and its percentage that differ by less are the same rate, one of them with a float's noise.
_SAME_RATE = Decimal("1e-9")


def parse_order(order: Node, lines: Sequence[Node], shipping_lines: Sequence[Node]) -> Order:
    """One order with all its lines, of whatever page. Raises Rejected naming the order and the field."""
    currency = order.text("currencyCode")
    included = order.boolean("taxesIncluded")
    tip = order.shop_money("totalTipReceivedSet", currency)
    has_tax = order.get("totalTaxSet") is not None
    return Order(
        id=numeric_id(order.text("id")),
        name=order.text("name"),
        created_at=order.moment("createdAt"),
        processed_at=order.moment("processedAt"),
        updated_at=order.moment("updatedAt"),
        currency=currency,
        total=order.shop_money("totalPriceSet", currency),
        total_tax=order.shop_money("totalTaxSet", currency) if has_tax else Money.zero(currency),
        taxes_included=included,
        lines=tuple(_line(line, currency) for line in lines),
        shipping_lines=tuple(_shipping_line(line, number, currency) for number, line in enumerate(shipping_lines)),
        tip=tip or None,
        customer=_customer(order.node_or_none("customer")),
        email=order.text_or_empty("email"),
        phone=order.text_or_empty("phone"),
        shipping_address=_address(order.node_or_none("shippingAddress")),
        billing_address=_address(order.node_or_none("billingAddress")),
        note=order.text_or_empty("note"),
        tags=order.texts("tags"),
        po_number=order.text_or_empty("poNumber"),
        source_name=order.text_or_empty("sourceName"),
        financial_status=order.text_or_empty("displayFinancialStatus").lower(),
        fulfillment_status=order.text_or_empty("displayFulfillmentStatus").lower(),
        cancelled_at=order.moment_or_none("cancelledAt"),
        test=order.boolean("test"),
        edited=order.boolean("edited"),
    )


def _line(line: Node, currency: str) -> LineItem:
    variant = line.node_or_none("variant")
    return LineItem(
        id=numeric_id(line.text("id")),
        title=line.text("title"),
        quantity=line.integer("quantity"),
        unit_price=line.shop_money("originalUnitPriceSet", currency),
        variant_title=line.text_or_empty("variantTitle"),
        # The line keeps the SKU as it was sold; the variant tells today's, for lines that kept none.
        sku=line.text_or_empty("sku") or (variant.text_or_empty("sku") if variant else ""),
        variant_id=numeric_id(variant.text("id")) if variant else None,
        barcode=variant.text_or_empty("barcode") if variant else "",
        current_quantity=line.integer("currentQuantity"),
        discounts=_discounts(line, currency),
        taxes=_taxes(line, currency),
        gift_card=line.boolean("isGiftCard"),
        requires_shipping=line.boolean("requiresShipping"),
        attributes=tuple((a.text("key"), a.text_or_empty("value")) for a in line.nodes("customAttributes")),
    )


def _shipping_line(line: Node, number: int, currency: str) -> ShippingLine:
    price = line.shop_money("originalPriceSet", currency)
    discounts = _discounts(line, currency)
    discounted = line.shop_money("discountedPriceSet", currency)
    if not discounts and discounted.amount < price.amount:
        discounts = (price - discounted,)
    return ShippingLine(
        # Shopify leaves the id null on some: its place among the order's shipping lines stands for it.
        id=numeric_id(line.text_or_empty("id")) or f"shipping-{number}",
        title=line.text("title"),
        price=price,
        code=line.text_or_empty("code"),
        discounts=discounts,
        taxes=_taxes(line, currency),
        removed=line.boolean("isRemoved"),
    )


def _discounts(line: Node, currency: str) -> tuple[Money, ...]:
    amounts = (a.shop_money("allocatedAmountSet", currency) for a in line.nodes("discountAllocations"))
    return tuple(amount for amount in amounts if amount)


def _taxes(line: Node, currency: str) -> tuple[TaxLine, ...]:
    return tuple(
        TaxLine(tax.text("title"), tax_rate(tax), tax.shop_money("priceSet", currency))
        for tax in line.nodes("taxLines")
    )


def tax_rate(tax: Node) -> Decimal:
    """The fraction, exactly: `rate` 0.07250000000000001 beside `ratePercentage` 7.25 is 0.0725."""
    rate = None if tax.get("rate") is None else tax.number("rate")
    percentage = None if tax.get("ratePercentage") is None else tax.number("ratePercentage") / 100
    if rate is None and percentage is None:
        raise unreadable(tax.record, tax.at("rate"), None, "a number")
    if rate is None or percentage is None:
        found = percentage if rate is None else rate
        assert found is not None  # noqa: S101 - one of the two is there
        return _plain(found)
    if abs(rate - percentage) < _SAME_RATE:
        return min((_plain(percentage), _plain(rate)), key=lambda r: len(r.as_tuple().digits))
    return _plain(rate)  # the percentage was rounded for people


def _plain(value: Decimal) -> Decimal:
    """Without trailing zeros and without an exponent: 0.2, not 0.20 and not 2E-1."""
    return value.normalize() + Decimal(0)


def _customer(customer: Node | None) -> Customer | None:
    if customer is None:
        return None
    given = f"{customer.text_or_empty('firstName')} {customer.text_or_empty('lastName')}".strip()
    email, phone = customer.node_or_none("defaultEmailAddress"), customer.node_or_none("defaultPhoneNumber")
    return Customer(
        id=numeric_id(customer.text("id")),
        name=given or customer.text_or_empty("displayName"),
        email=email.text_or_empty("emailAddress") if email else "",
        phone=phone.text_or_empty("phoneNumber") if phone else "",
        locale=customer.text_or_empty("locale"),
    )


def _address(address: Node | None) -> Address | None:
    if address is None:
        return None
    given = f"{address.text_or_empty('firstName')} {address.text_or_empty('lastName')}".strip()
    return Address(
        name=address.text_or_empty("name") or given,
        company=address.text_or_empty("company"),
        address1=address.text_or_empty("address1"),
        address2=address.text_or_empty("address2"),
        city=address.text_or_empty("city"),
        zip=address.text_or_empty("zip"),
        province=address.text_or_empty("provinceCode"),
        province_name=address.text_or_empty("province"),
        country=address.text_or_empty("countryCodeV2"),
        phone=address.text_or_empty("phone"),
    )
