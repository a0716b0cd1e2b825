"""GraphQL fields that follow from others of the same order document (see `pricing.py` for what is kept)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from libs.common.domain.money import currency_digits, round_half_up

Document = dict[str, Any]
Derive = Callable[[Document], Any]


def map_bag(bag: Document, change: Callable[[Decimal], Decimal]) -> Document:
    """The bag with both its amounts changed, each rounded to its own currency."""
    return {
        name: {
            "amount": round_half_up(change(money["amount"]), currency_digits(money["currencyCode"])),
            "currencyCode": money["currencyCode"],
        }
        for name, money in bag.items()
    }


def zero(bag: Document) -> Document:
    return map_bag(bag, lambda _: Decimal(0))


def minus(bag: Document, *others: Document) -> Document:
    """`bag` less `others`, money by money."""
    return {
        name: {
            "amount": money["amount"] - sum((other[name]["amount"] for other in others), Decimal(0)),
            "currencyCode": money["currencyCode"],
        }
        for name, money in bag.items()
    }


def plus(bag: Document, *others: Document) -> Document:
    """`bag` and `others`, money by money."""
    return minus(bag, *(minus(zero(other), other) for other in others))


def legacy_id(document: Document) -> str:
    """`450789469` of `gid://shopify/Order/450789469`."""
    return str(document["id"]).rsplit("/", 1)[-1].partition("?")[0]


def full_name(document: Document) -> str:
    return " ".join(part for part in (document["firstName"], document["lastName"]) if part)


def _display_name(customer: Document) -> str:
    email, phone = customer["defaultEmailAddress"], customer["defaultPhoneNumber"]
    # Shopify falls back from the name to the e-mail, then to the phone number.
    return str(
        full_name(customer) or (email and email["emailAddress"]) or (phone and phone["phoneNumber"]) or "",
    )


def _allocated(line: Document, *, whole_order: bool) -> list[Document]:
    """What the discounts of the whole order, or else those of this line, take off it."""
    found = [a for a in line["discountAllocations"] if a["wholeOrder"] is whole_order]
    return [allocation["allocatedAmountSet"] for allocation in found]


def _original_total(line: Document) -> Document:
    return map_bag(line["originalUnitPriceSet"], lambda unit: unit * line["quantity"])


def _discounted_total(line: Document) -> Document:
    """Leaves out the order's discounts, as Shopify does; many a connector has got its totals wrong by it."""
    return minus(_original_total(line), *_allocated(line, whole_order=False))


def _total_discount(line: Document) -> Document:
    return minus(_original_total(line), _discounted_total(line))


def _discounted_unit(line: Document) -> Document:
    return map_bag(_discounted_total(line), lambda total: total / (line["quantity"] or 1))


def _discounted_unit_after_all(line: Document) -> Document:
    """Approximate, as in Shopify: rounded to the currency."""
    net = minus(_discounted_total(line), *_allocated(line, whole_order=True))
    return map_bag(net, lambda total: total / (line["quantity"] or 1))


def _outstanding(order: Document) -> Document:
    owed: Document = order["currentTotalPriceSet" if "currentTotalPriceSet" in order else "totalPriceSet"]
    return minus(owed, order["totalReceivedSet"])


def _quantity(order: Document, name: str = "quantity") -> int:
    """Tips and gift cards are no part of it."""
    counted = (line for line in order["lineItems"] if not (line["isGiftCard"] or line.get("isTip")))
    return sum(int(line[name]) for line in counted)


def _same_address(order: Document) -> bool:
    def bare(address: Document | None) -> Document:
        return {name: value for name, value in (address or {}).items() if name != "id"}

    return bare(order["billingAddress"]) == bare(order["shippingAddress"])


def _shipping_paid(order: Document) -> Document:
    nothing = zero(order["totalPriceSet"])
    paid = [line["discountedPriceSet"] for line in order["shippingLines"] if not line["isRemoved"]]
    return minus(nothing, minus(nothing, *paid))


def _no_cash_rounding(order: Document) -> Document:
    return {"paymentSet": zero(order["totalPriceSet"]), "refundSet": zero(order["totalPriceSet"])}


DERIVED: dict[str, dict[str, Derive]] = {
    "Order": {
        "legacyResourceId": legacy_id,
        "closed": lambda o: o["closedAt"] is not None,
        "fullyPaid": lambda o: o["displayFinancialStatus"] == "PAID",
        "unpaid": lambda o: o["displayFinancialStatus"] in {"PENDING", "AUTHORIZED"},
        "merchantEditable": lambda o: o["cancelledAt"] is None,
        "requiresShipping": lambda o: any(line["requiresShipping"] for line in o["lineItems"]),
        "subtotalLineItemsQuantity": _quantity,
        "currentSubtotalLineItemsQuantity": lambda o: _quantity(o, "currentQuantity"),
        "currentTotalWeight": lambda o: o["totalWeight"],
        "billingAddressMatchesShippingAddress": _same_address,
        "currentTaxLines": lambda o: o["taxLines"],
        "originalTotalPriceSet": lambda o: o["totalPriceSet"],
        "currentTotalPriceSet": lambda o: o["totalPriceSet"],
        "currentSubtotalPriceSet": lambda o: o["subtotalPriceSet"],
        "currentTotalTaxSet": lambda o: o["totalTaxSet"],
        "currentTotalDiscountsSet": lambda o: o["totalDiscountsSet"],
        "currentShippingPriceSet": _shipping_paid,
        "totalOutstandingSet": _outstanding,
        "totalRefundedSet": lambda o: zero(o["totalPriceSet"]),
        "totalRefundedShippingSet": lambda o: zero(o["totalPriceSet"]),
        "netPaymentSet": lambda o: o["totalReceivedSet"],
        "totalCashRoundingAdjustment": _no_cash_rounding,
        "originalTotalDutiesSet": lambda _: None,
        "originalTotalAdditionalFeesSet": lambda _: None,
        "additionalFees": lambda _: [],
        "returnStatus": lambda _: "NO_RETURN",
        "transactions": lambda _: [],
        "refunds": lambda _: [],
        "fulfillments": lambda _: [],
        "purchasingEntity": lambda _: None,
        "paymentTerms": lambda _: None,
    },
    "LineItem": {
        "lineItemGroup": lambda _: None,
        "duties": lambda _: [],
        "refundableQuantity": lambda line: line["currentQuantity"],
        "unfulfilledQuantity": lambda line: 0 if line.get("isTip") else line["currentQuantity"],
        "originalTotalSet": _original_total,
        "totalDiscountSet": _total_discount,
        "discountedTotalSet": _discounted_total,
        "discountedUnitPriceSet": _discounted_unit,
        "discountedUnitPriceAfterAllDiscountsSet": _discounted_unit_after_all,
    },
    "ShippingLine": {
        "custom": lambda line: line["source"] is None,
        "currentDiscountedPriceSet": lambda line: line["discountedPriceSet"],
    },
    "Customer": {"legacyResourceId": legacy_id, "displayName": _display_name},
    "MailingAddress": {"name": lambda address: full_name(address) or None},
    "TaxLine": {
        "ratePercentage": lambda tax: tax["rate"] * 100 if tax["rate"] is not None else None,
    },
    "ProductVariant": {"legacyResourceId": legacy_id},
}
