"""Price a draft as Shopify does, giving an order document: the GraphQL fields that cannot be worked out.

An order document is a dict with GraphQL's names and Python's values: `Decimal` amounts inside money bags, aware
datetimes, plain lists where GraphQL has connections. Fields that follow from these are in `derived.py`.
Both this module and `rest_in.py` make such documents; `rest_out.py` writes webhook bodies from them.

Either money of an order adds up by itself: what is shown to the customer is reckoned from the shown unit prices,
not converted from the shop's sums.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from libs.sandbox.shopify.amounts import Amount, Currencies
from libs.sandbox.shopify.derived import zero
from libs.sandbox.shopify.drafts import Draft
from libs.sandbox.shopify.payments import Paid, pay
from libs.sandbox.shopify.people import NewId, address_document, buyer_document, customer_document, gid, terms_document
from libs.sandbox.shopify.price_lines import (
    Basket,
    Priced,
    attributes,
    fee_document,
    line_document,
    shipping_document,
    tax_document,
    tip_document,
)

Document = dict[str, Any]


def price(draft: Draft, *, number: int, now: datetime, shop: str, new_id: NewId) -> Document:
    """The order document of a draft placed at `now` in `shop` (`acme.myshopify.com`).

    Raises `ValueError` for a draft that no checkout would let through: no line, a discount above its base.
    """
    if not draft.lines:
        raise ValueError("an order needs at least one line")
    basket = Basket(draft, _currencies(draft), new_id)
    goods, freight = basket.goods(), basket.freight()
    lines = [line_document(line, priced, basket) for line, priced in zip(draft.lines, goods, strict=True)]
    lines += [tip_document(basket)] if draft.tip else []
    shipping = [shipping_document(s, priced, basket) for s, priced in zip(draft.shipping, freight, strict=True)]
    fees = [fee_document(fee, basket) for fee in draft.fees]
    order_id = new_id("Order")
    totals = _totals(basket, goods, freight, [*lines, *shipping, *fees])
    due = totals["currentTotalPriceSet" if "currentTotalPriceSet" in totals else "totalPriceSet"]
    paid = pay(draft, due, basket.money, order_id=gid("Order", order_id), now=now, new_id=new_id)
    return {
        **_heading(draft, order_id, number, now, shop),
        **_people(draft, new_id),
        "taxExempt": basket.tax_exempt,
        "currencyCode": basket.money.shop,
        "presentmentCurrencyCode": basket.money.presentment,
        "lineItems": lines,
        "shippingLines": shipping,
        "additionalFees": fees,
        "discountApplications": basket.applications.documents,
        **totals,
        **_payment(paid),
    }


def _totals(basket: Basket, goods: list[Priced], freight: list[Priced], taxed: list[Document]) -> Document:
    draft, money = basket.draft, basket.money
    duties = [duty for line in taxed for duty in line.get("duties", ())]
    charged = Amount.sum(amounts_of(fee["price"]) for fee in taxed if "price" in fee)
    owed = Amount() if draft.duties_included else Amount.sum(amounts_of(duty["price"]) for duty in duties)
    rest = Amount.sum(p.net for p in goods) + money.amount(draft.tip) + charged + owed
    placed = _summed(money, [*taxed, *duties])
    return {
        "taxLines": placed,
        "subtotalPriceSet": money.bag(Amount.sum(p.net for p in goods)),
        # Before discounts, as in Shopify; what is paid in the end is `currentShippingPriceSet`.
        "totalShippingPriceSet": money.bag(Amount.sum(p.gross for p in freight)),
        "totalTaxSet": money.bag(_tax(placed)),
        "totalDiscountsSet": money.bag(Amount.sum(p.off for p in [*goods, *freight])),
        "totalTipReceivedSet": money.bag(draft.tip),
        "originalTotalDutiesSet": money.bag(Amount.sum(amounts_of(d["price"]) for d in duties)) if duties else None,
        "originalTotalAdditionalFeesSet": money.bag(charged) if draft.fees else None,
        "totalPriceSet": money.bag(_total(draft, rest, freight, placed)),
        **_current(basket, rest, goods, freight, [*taxed, *duties]),
    }


def _current(
    basket: Basket, rest: Amount, goods: list[Priced], freight: list[Priced], taxed: list[Document]
) -> Document:
    """What differs from the order as it was placed: the figures without the shipping that was removed."""
    draft, money = basket.draft, basket.money
    kept = [p for p, shipping in zip(freight, draft.shipping, strict=True) if not shipping.removed]
    if len(kept) == len(freight):
        return {}
    taxes = _summed(money, [one for one in taxed if not one.get("isRemoved")])
    return {
        "currentTaxLines": taxes,
        "currentTotalTaxSet": money.bag(_tax(taxes)),
        "currentTotalDiscountsSet": money.bag(Amount.sum(p.off for p in [*goods, *kept])),
        "currentTotalPriceSet": money.bag(_total(draft, rest, kept, taxes)),
    }


def _total(draft: Draft, rest: Amount, freight: list[Priced], taxes: list[Document]) -> Amount:
    total = rest + Amount.sum(p.net for p in freight)
    return total if draft.taxes_included else total + _tax(taxes)


def _tax(taxes: list[Document]) -> Amount:
    return Amount.sum(amounts_of(tax["priceSet"]) for tax in taxes)


def _summed(money: Currencies, taxed: Iterable[Document]) -> list[Document]:
    """The order's own tax lines: those of its parts, added up by title and rate."""
    sums: dict[tuple[str, Decimal], Amount] = {}
    for tax in (tax for one in taxed for tax in one["taxLines"]):
        key = (tax["title"], tax["rate"])
        sums[key] = sums.get(key, Amount()) + amounts_of(tax["priceSet"])
    return [tax_document(title, rate, money.bag(amount)) for (title, rate), amount in sums.items()]


def amounts_of(bag: Document) -> Amount:
    return Amount(bag["shopMoney"]["amount"], bag["presentmentMoney"]["amount"])


def amount_of(bag: Document) -> Decimal:
    """The shop's money of a bag."""
    amount: Decimal = bag["shopMoney"]["amount"]
    return amount


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


def _codes(draft: Draft) -> list[str]:
    """Each once, those of lines and shipping too."""
    lines = (discount for line in draft.lines for discount in line.discounts)
    shipping = (discount for one in draft.shipping for discount in one.discounts)
    return list(dict.fromkeys(d.code for d in (*draft.discounts, *lines, *shipping) if d.code))


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
        "edited": any(shipping.removed for shipping in draft.shipping),
        "note": draft.note or None,
        "tags": sorted(draft.tags),
        "poNumber": draft.po_number or None,
        "sourceName": draft.source_name,
        "sourceIdentifier": None,
        "displayFulfillmentStatus": "UNFULFILLED",
        "taxesIncluded": draft.taxes_included,
        "dutiesIncluded": draft.duties_included,
        "estimatedTaxes": False,
        "discountCodes": _codes(draft),
        "customAttributes": attributes(draft.attributes),
        "totalWeight": 0,
        "statusPageUrl": f"https://{shop}/1/orders/{order_id}/authenticate?key={order_id}",
    }


def _people(draft: Draft, new_id: NewId) -> Document:
    person = draft.customer
    customer = customer_document(person) if person else None
    return {
        "email": draft.email or (person.email if person else "") or None,
        "phone": draft.phone or None,
        "customerLocale": person.locale if person else None,
        "customer": customer,
        "purchasingEntity": buyer_document(draft.company, new_id) if draft.company else customer,
        "paymentTerms": terms_document(draft.terms, new_id) if draft.terms else None,
        "shippingAddress": address_document(draft.shipping_address, new_id),
        "billingAddress": address_document(draft.billing_address or draft.shipping_address, new_id),
    }
