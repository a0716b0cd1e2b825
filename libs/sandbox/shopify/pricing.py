"""Price a draft as Shopify does, giving an order document: the GraphQL fields that cannot be worked out.

An order document is a dict with GraphQL's names and Python's values: `Decimal` amounts inside money bags, aware
datetimes, plain lists where GraphQL has connections. Fields that follow from these are in `derived.py`.
Both this module and `rest_in.py` make such documents; `rest_out.py` writes webhook bodies from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from libs.sandbox.shopify.amounts import Currencies, rounded, spread, tax_amounts
from libs.sandbox.shopify.derived import zero
from libs.sandbox.shopify.drafts import Draft, Line, Product, Shipping, Tax
from libs.sandbox.shopify.payments import Paid, pay
from libs.sandbox.shopify.people import NewId, address_document, customer_document, gid

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Priced:
    """One line with what each discount takes off it: `(index of the application, amount)`."""

    line: Line
    unit: Decimal
    allocations: tuple[tuple[int, Decimal], ...] = ()

    @property
    def net(self) -> Decimal:
        return self.unit * self.line.quantity - self.off

    @property
    def off(self) -> Decimal:
        return sum((amount for _, amount in self.allocations), Decimal(0))


class _Applications:
    """The discounts of one order, in the order in which allocations refer to them."""

    def __init__(self) -> None:
        self.documents: list[Document] = []

    def add(self, target: str, value: Decimal, *, whole: bool = False, code: str = "", percent: bool = False) -> int:
        self.documents.append(
            {
                "type": "discount_code" if code else "manual",
                "code": code or None,
                "value": value,
                "value_type": "percentage" if percent else "fixed_amount",
                "allocation_method": "across" if whole else "one",
                "target_selection": "all" if whole else "explicit",
                "target_type": target,
            }
        )
        return len(self.documents) - 1

    def allocation(self, index: int, bag: Document) -> Document:
        return allocation_document(bag, index, whole_order=self.documents[index]["target_selection"] == "all")


def allocation_document(bag: Document, application: int, *, whole_order: bool) -> Document:
    return {"allocatedAmountSet": bag, "application": application, "wholeOrder": whole_order}


def price(draft: Draft, *, number: int, now: datetime, shop: str, new_id: NewId) -> Document:
    """The order document of a draft placed at `now` in `shop` (`acme.myshopify.com`).

    Raises `ValueError` for a draft that no checkout would let through: no line, a discount above its base.
    """
    if not draft.lines:
        raise ValueError("an order needs at least one line")
    money = _currencies(draft)
    applications = _Applications()
    priced = _with_order_discounts([_priced(line, applications) for line in draft.lines], draft, applications)
    lines = [_line_document(p, draft, money, applications, new_id) for p in priced]
    shipping = [_shipping_document(s, draft, money, applications, new_id) for s in draft.shipping]
    taxes = _summed(money, (t for line in [*lines, *shipping] for t in line["taxLines"]))
    total_tax = _sum(t["priceSet"] for t in taxes)
    net = sum((p.net for p in priced), Decimal(0))
    freight = sum((s.price - s.discount for s in draft.shipping), Decimal(0))
    off = sum((p.off for p in priced), Decimal(0)) + sum((s.discount for s in draft.shipping), Decimal(0))
    total = net + freight + draft.tip + (Decimal(0) if draft.taxes_included else total_tax)
    order_id = new_id("Order")
    total_bag = money.bag(total)
    paid = pay(draft, total_bag, money, order_id=gid("Order", order_id), now=now, new_id=new_id)
    return {
        **_heading(draft, order_id, number, now, shop),
        **_people(draft, new_id),
        "currencyCode": money.shop,
        "presentmentCurrencyCode": money.presentment,
        "lineItems": lines,
        "shippingLines": shipping,
        "discountApplications": applications.documents,
        "taxLines": taxes,
        "subtotalPriceSet": money.bag(net),
        # Before discounts, as in Shopify; what is paid in the end is `currentShippingPriceSet`.
        "totalShippingPriceSet": money.bag(sum((s.price for s in draft.shipping), Decimal(0))),
        "totalTaxSet": money.bag(total_tax),
        "totalDiscountsSet": money.bag(off),
        "totalTipReceivedSet": money.bag(draft.tip),
        "totalPriceSet": total_bag,
        **_payment(paid),
    }


def _payment(paid: Paid) -> Document:
    return {
        "transactions": paid.transactions,
        "totalReceivedSet": paid.received,
        "displayFinancialStatus": paid.status,
        "paymentGatewayNames": paid.gateways,
        "totalCashRoundingAdjustment": {"paymentSet": paid.rounding, "refundSet": zero(paid.rounding)},
    }


def _currencies(draft: Draft) -> Currencies:
    shown, rate = draft.presentment or (draft.currency, Decimal(1))
    return Currencies(draft.currency, shown, rate)


def _priced(line: Line, applications: _Applications) -> _Priced:
    unit = line.price if line.price is not None else line.product.price if line.product else None
    if unit is None:
        raise ValueError(f"the custom line {line.title!r} has no price")
    if not 0 <= line.discount <= unit * line.quantity:
        raise ValueError(f"a discount of {line.discount} on a line of {unit * line.quantity}")
    own = ((applications.add("line_item", line.discount), line.discount),) if line.discount else ()
    return _Priced(line, unit, own)


def _with_order_discounts(priced: list[_Priced], draft: Draft, applications: _Applications) -> list[_Priced]:
    for discount in draft.discounts:
        base = sum((p.net for p in priced), Decimal(0))
        percent = discount.percent if discount.amount is None else None
        amount = base * percent / 100 if percent is not None else discount.amount or Decimal(0)
        if amount > base:
            raise ValueError(f"a discount of {amount} on lines of {base}")
        value = amount if percent is None else percent
        index = applications.add("line_item", value, whole=True, code=discount.code, percent=percent is not None)
        parts = spread(rounded(amount, draft.currency), [p.net for p in priced], draft.currency)
        # A line on which nothing is taken off has no allocation at all.
        priced = [
            _Priced(p.line, p.unit, (*p.allocations, (index, part)) if part else p.allocations)
            for p, part in zip(priced, parts, strict=True)
        ]
    return priced


def _tax_documents(base: Decimal, taxes: tuple[Tax, ...], draft: Draft, money: Currencies) -> list[Document]:
    amounts = tax_amounts(base, [t.rate for t in taxes], money.shop, included=draft.taxes_included)
    return [tax_document(t.title, t.rate, money.bag(a)) for t, a in zip(taxes, amounts, strict=True)]


def tax_document(title: str, rate: Decimal | None, bag: Document) -> Document:
    return {"title": title, "rate": rate, "priceSet": bag, "source": None, "channelLiable": False}


def _line_document(
    priced: _Priced, draft: Draft, money: Currencies, applications: _Applications, new_id: NewId
) -> Document:
    line, product = priced.line, priced.line.product or Product("", priced.line.title, priced.unit)
    taxes = draft.taxes if line.taxes is None else line.taxes
    return {
        "id": gid("LineItem", new_id("LineItem")),
        "title": line.title or product.title,
        "variantTitle": product.variant_title or None,
        "name": (line.title or product.title) + (f" - {product.variant_title}" if product.variant_title else ""),
        "sku": product.sku or None,
        "quantity": line.quantity,
        "currentQuantity": line.quantity,
        "isGiftCard": product.gift_card,
        "requiresShipping": product.requires_shipping,
        "taxable": bool(taxes),
        "vendor": product.vendor or None,
        "customAttributes": attributes(line.attributes),
        "variant": {"id": product.gid} if line.product else None,
        "originalUnitPriceSet": money.bag(priced.unit),
        "discountAllocations": [applications.allocation(i, money.bag(a)) for i, a in priced.allocations],
        "taxLines": _tax_documents(priced.net, taxes, draft, money),
    }


def _shipping_document(
    shipping: Shipping, draft: Draft, money: Currencies, applications: _Applications, new_id: NewId
) -> Document:
    if not 0 <= shipping.discount <= shipping.price:
        raise ValueError(f"a discount of {shipping.discount} on shipping of {shipping.price}")
    taxes = draft.taxes if shipping.taxes is None else shipping.taxes
    net = shipping.price - shipping.discount
    allocations = []
    if shipping.discount:
        index = applications.add("shipping_line", shipping.discount)
        allocations.append(applications.allocation(index, money.bag(shipping.discount)))
    return {
        "id": gid("ShippingLine", new_id("ShippingLine")),
        "title": shipping.title,
        "code": shipping.code or shipping.title,
        "source": "shopify",
        "phone": None,
        "carrierIdentifier": None,
        "isRemoved": False,
        "originalPriceSet": money.bag(shipping.price),
        "discountedPriceSet": money.bag(net),
        "discountAllocations": allocations,
        "taxLines": _tax_documents(net, taxes, draft, money) if net else [],
    }


def _summed(money: Currencies, taxes: Iterable[Document]) -> list[Document]:
    """The order's own tax lines: those of its lines, added up by title and rate."""
    sums: dict[tuple[str, Decimal], Decimal] = {}
    for tax in taxes:
        key = (tax["title"], tax["rate"])
        sums[key] = sums.get(key, Decimal(0)) + amount_of(tax["priceSet"])
    return [tax_document(title, rate, money.bag(amount)) for (title, rate), amount in sums.items()]


def amount_of(bag: Document) -> Decimal:
    """The shop's money of a bag."""
    amount: Decimal = bag["shopMoney"]["amount"]
    return amount


def _sum(bags: Iterable[Document]) -> Decimal:
    return sum((amount_of(bag) for bag in bags), Decimal(0))


def attributes(pairs: Iterable[tuple[str, str]]) -> list[Document]:
    return [{"key": key, "value": value} for key, value in pairs]


def _heading(draft: Draft, order_id: str, number: int, now: datetime, shop: str) -> Document:
    return {
        "id": gid("Order", order_id),
        "name": f"#{number}",
        "number": number,
        "createdAt": now,
        "processedAt": draft.processed_at or now,
        "updatedAt": now,
        "cancelledAt": None,
        "cancelReason": None,
        "closedAt": None,
        "confirmationNumber": f"T{int(order_id) % 36**8:08X}",
        "confirmed": True,
        "test": draft.test,
        "edited": False,
        "note": draft.note or None,
        "tags": sorted(draft.tags),
        "poNumber": draft.po_number or None,
        "sourceName": draft.source_name,
        "sourceIdentifier": None,
        "displayFulfillmentStatus": "UNFULFILLED",
        "taxesIncluded": draft.taxes_included,
        "taxExempt": False,
        "dutiesIncluded": False,
        "estimatedTaxes": False,
        "discountCodes": [d.code for d in draft.discounts if d.code],
        "customAttributes": attributes(draft.attributes),
        "totalWeight": 0,
        "statusPageUrl": f"https://{shop}/1/orders/{order_id}/authenticate?key={order_id}",
    }


def _people(draft: Draft, new_id: NewId) -> Document:
    person = draft.customer
    return {
        "email": draft.email or (person.email if person else "") or None,
        "phone": draft.phone or None,
        "customerLocale": person.locale if person else None,
        "customer": customer_document(person) if person else None,
        "shippingAddress": address_document(draft.shipping_address, new_id),
        "billingAddress": address_document(draft.billing_address or draft.shipping_address, new_id),
    }
