"""From the JSON of the order documents to `libs.common.domain.orders`, in one of the order's two moneys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from libs.common.domain.money import Money
from libs.common.domain.orders import Address, Company, Customer, LineItem, Order, PaymentTerms, ShippingLine, Side
from libs.common.shopify.extras import Extras, was_changed
from libs.common.shopify.reading import Node, numeric_id
from libs.common.shopify.taxes import read_taxes
from libs.common.shopify.tips import tip_lines
from libs.common.shopify.transactions import currency_of, read_transaction


def parse_order(
    order: Node,
    lines: Sequence[Node],
    shipping_lines: Sequence[Node],
    extras: Extras | None = None,
    side: Side = "shop",
    *,
    due_on: date | None = None,
) -> Order:
    """One order with all its lines, of whatever page. Raises Rejected naming the order and the field."""
    extras = extras or Extras()
    currency = currency_of(order, side)
    reduced = was_changed(order)
    known = {line.text("id") for line in lines}
    exchanged = {line.text("id"): line for line in extras.lines if line.text("id") not in known}
    refunded = _refunded(extras)
    tips = tip_lines(order, lines)
    return Order(
        id=order.id(),
        name=order.text("name"),
        created_at=order.moment("createdAt"),
        processed_at=order.moment("processedAt"),
        updated_at=order.moment("updatedAt"),
        currency=currency,
        taxes_included=order.boolean("taxesIncluded"),
        lines=(
            *(_line(line, currency, side, refunded, reduced=reduced) for line in lines if line.text("id") not in tips),
            *(_line(line, currency, side, refunded, reduced=True, exchange=True) for line in exchanged.values()),
        ),
        shipping_lines=tuple(_shipping_line(one, number, currency, side) for number, one in enumerate(shipping_lines)),
        tip=order.money("totalTipReceivedSet", currency, side) or None,
        tip_line_ids=tuple(numeric_id(one) for one in tips),
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
        side=side,
        shop_currency=order.text("currencyCode"),
        presentment_currency=order.text("presentmentCurrencyCode"),
        outstanding=order.money("totalOutstandingSet", currency, side),
        # Where the prices of the lines have them in, they are nothing to be charged beside.
        duties=() if order.boolean("dutiesIncluded") else extras.duties,
        fees=extras.fees,
        cash_rounding=order.node("totalCashRoundingAdjustment").money("paymentSet", currency, side) or None,
        cash_rounding_back=order.node("totalCashRoundingAdjustment").money("refundSet", currency, side) or None,
        net_payment=order.money("netPaymentSet", currency, side),
        company=_company(order.node_or_none("purchasingEntity")),
        payment_terms=_payment_terms(order.node_or_none("paymentTerms"), due_on),
        tax_exempt=order.boolean("taxExempt"),
        transactions=tuple(read_transaction(one, order.id(), currency, side) for one in order.nodes("transactions")),
        refund_ids=tuple(refund.id() for refund in order.nodes("refunds")),
        refunds=extras.refunds,
        fulfillment_ids=tuple(one.id() for one in order.nodes("fulfillments") if one.text("status") != "CANCELLED"),
        **_totals(order, currency, side, extras, reduced=reduced),
    )


def _totals(order: Node, currency: str, side: Side, extras: Extras, *, reduced: bool) -> dict[str, Any]:
    """What was sold comes to: as placed; after edits and exchanges, what is left and what was refunded together."""
    total = order.money("totalPriceSet", currency, side)
    tax = order.money_or_none("totalTaxSet", currency, side) or Money.zero(currency)
    if not reduced:
        return {"total": total, "total_tax": tax}
    refunded = Money.sum((refund.taken_back for refund in extras.refunds), currency)
    refunded_tax = Money.sum((refund.tax for refund in extras.refunds), currency)
    return {
        "total": order.money("currentTotalPriceSet", currency, side) + refunded,
        "total_tax": order.money("currentTotalTaxSet", currency, side) + refunded_tax,
        "original_total": total,
    }


def _refunded(extras: Extras) -> Counter[str]:
    counts: Counter[str] = Counter()
    for refund in extras.refunds:
        for line in refund.lines:
            counts[line.line_id] += line.quantity
    return counts


def _line(
    line: Node, currency: str, side: Side, refunded: Counter[str], *, reduced: bool, exchange: bool = False
) -> LineItem:
    variant, group = line.node_or_none("variant"), line.node_or_none("lineItemGroup")
    return LineItem(
        id=line.id(),
        title=line.text("title"),
        quantity=line.integer("quantity"),
        unit_price=line.money("originalUnitPriceSet", currency, side),
        variant_title=line.text_or_empty("variantTitle"),
        # The line keeps the SKU as it was sold; the variant tells today's, for lines that kept none.
        sku=line.text_or_empty("sku") or (variant.text_or_empty("sku") if variant else ""),
        variant_id=variant.id() if variant else None,
        barcode=variant.text_or_empty("barcode") if variant else "",
        current_quantity=line.integer("currentQuantity"),
        discounts=_discounts(line, currency, side),
        taxes=read_taxes(line, currency, side),
        gift_card=line.boolean("isGiftCard"),
        requires_shipping=line.boolean("requiresShipping"),
        attributes=tuple((a.text("key"), a.text_or_empty("value")) for a in line.nodes("customAttributes")),
        group=group.text("title") if group else "",
        refunded_quantity=refunded[line.id()],
        reduced=reduced,
        exchange=exchange,
    )


def _shipping_line(line: Node, number: int, currency: str, side: Side) -> ShippingLine:
    price = line.money("originalPriceSet", currency, side)
    discounts = _discounts(line, currency, side)
    discounted = line.money("discountedPriceSet", currency, side)
    if not discounts and discounted.amount < price.amount:
        discounts = (price - discounted,)
    return ShippingLine(
        # Shopify leaves the id null on some: its place among the order's shipping lines stands for it.
        id=numeric_id(line.text_or_empty("id")) or f"shipping-{number}",
        title=line.text("title"),
        price=price,
        code=line.text_or_empty("code"),
        discounts=discounts,
        taxes=read_taxes(line, currency, side),
        removed=line.boolean("isRemoved"),
    )


def _discounts(line: Node, currency: str, side: Side) -> tuple[Money, ...]:
    amounts = (a.money("allocatedAmountSet", currency, side) for a in line.nodes("discountAllocations"))
    return tuple(amount for amount in amounts if amount)


def _company(entity: Node | None) -> Company | None:
    """The purchasing entity is the customer, of whom nothing is asked here, or a company."""
    if entity is None or "company" not in entity.values:
        return None
    company, location = entity.node("company"), entity.node("location")
    return Company(
        id=company.id(),
        name=company.text("name"),
        location_id=location.id(),
        location_name=location.text("name"),
        external_id=location.text_or_empty("externalId") or company.text_or_empty("externalId"),
    )


def _payment_terms(terms: Node | None, due_on: date | None) -> PaymentTerms | None:
    if terms is None:
        return None
    days = terms.get("dueInDays")
    return PaymentTerms(
        terms.text("paymentTermsName"),
        terms.text("paymentTermsType"),
        None if days is None else terms.integer("dueInDays"),
        due_on,
    )


def _customer(customer: Node | None) -> Customer | None:
    if customer is None:
        return None
    given = f"{customer.text_or_empty('firstName')} {customer.text_or_empty('lastName')}".strip()
    email, phone = customer.node_or_none("defaultEmailAddress"), customer.node_or_none("defaultPhoneNumber")
    return Customer(
        id=customer.id(),
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
