"""Price the lines of a draft: goods with their discounts and duties, shipping, and the tip, which is a line too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from libs.sandbox.shopify.amounts import Amount, Currencies
from libs.sandbox.shopify.drafts import Bundle, Discount, Draft, Duty, Fee, Line, Product, Shipping, Tax
from libs.sandbox.shopify.people import NewId, gid

Document = dict[str, Any]
TIP = "Tip"


class Applications:
    """The discounts of one order, in the order in which allocations refer to them."""

    def __init__(self) -> None:
        self.documents: list[Document] = []

    def add(self, discount: Discount, target: str, off: Amount, *, whole: bool = False) -> int:
        percent = discount.percent if discount.amount is None else None
        kind = "discount_code" if discount.code else "automatic" if discount.automatic else "manual"
        self.documents.append(
            {
                "type": kind,
                "code": discount.code or None,
                "title": discount.title or None,
                "value": off.shop if percent is None else percent,
                "value_type": "fixed_amount" if percent is None else "percentage",
                "allocation_method": "across" if whole else "one" if kind == "manual" else "each",
                "target_selection": "all" if whole else "explicit" if kind == "manual" else "entitled",
                "target_type": target,
            }
        )
        return len(self.documents) - 1

    def allocation(self, index: int, bag: Document) -> Document:
        return allocation_document(bag, index, whole_order=self.documents[index]["target_selection"] == "all")


def allocation_document(bag: Document, application: int, *, whole_order: bool) -> Document:
    return {"allocatedAmountSet": bag, "application": application, "wholeOrder": whole_order}


def tax_document(title: str, rate: Decimal | None, bag: Document) -> Document:
    return {"title": title, "rate": rate, "priceSet": bag, "source": None, "channelLiable": False}


def attributes(pairs: Iterable[tuple[str, str]]) -> list[Document]:
    return [{"key": key, "value": value} for key, value in pairs]


@dataclass(frozen=True, slots=True)
class Priced:
    """Something that is charged, with what each discount takes off it: `(index of the application, amount)`."""

    gross: Amount
    allocations: tuple[tuple[int, Amount], ...] = ()

    @property
    def off(self) -> Amount:
        return Amount.sum(amount for _, amount in self.allocations)

    @property
    def net(self) -> Amount:
        return self.gross - self.off

    def less(self, index: int, amount: Amount) -> Priced:
        """A discount that takes nothing off leaves no allocation at all."""
        return replace(self, allocations=(*self.allocations, (index, amount))) if amount else self


@dataclass(slots=True)
class Basket:
    """What all parts of one order need while they are priced."""

    draft: Draft
    money: Currencies
    new_id: NewId
    applications: Applications = field(default_factory=Applications)
    bundles: dict[Bundle, Document] = field(default_factory=dict)

    @property
    def tax_exempt(self) -> bool:
        customer = self.draft.customer
        return self.draft.tax_exempt or (customer is not None and customer.tax_exempt)

    def goods(self) -> list[Priced]:
        """The lines with their own discounts, then with those of the whole order."""
        priced = [self._discounted(_gross(line, self.money), line, "line_item") for line in self.draft.lines]
        for discount in self.draft.discounts:
            base = Amount.sum(p.net for p in priced)
            off = self.money.off(base, fixed=discount.amount, percent=discount.percent)
            index = self.applications.add(discount, "line_item", off, whole=True)
            parts = self.money.spread(off, [p.net for p in priced])
            priced = [p.less(index, part) for p, part in zip(priced, parts, strict=True)]
        return priced

    def freight(self) -> list[Priced]:
        return [self._discounted(self.money.amount(s.price), s, "shipping_line") for s in self.draft.shipping]

    def _discounted(self, gross: Amount, of: Line | Shipping, target: str) -> Priced:
        priced = Priced(gross)
        own = (Discount(amount=of.discount),) if of.discount else ()
        for discount in (*own, *of.discounts):
            off = self.money.off(priced.net, fixed=discount.amount, percent=discount.percent)
            priced = priced.less(self.applications.add(discount, target, off), off)
        return priced

    def taxes(self, base: Amount, taxes: Sequence[Tax] | None) -> list[Document]:
        """Of the draft when none are given; each is rounded by itself."""
        chosen = () if self.tax_exempt else self.draft.taxes if taxes is None else taxes
        amounts = self.money.taxes(base, [t.rate for t in chosen], included=self.draft.taxes_included)
        return [tax_document(t.title, t.rate, self.money.bag(a)) for t, a in zip(chosen, amounts, strict=True)]

    def allocations(self, priced: Priced) -> list[Document]:
        return [self.applications.allocation(index, self.money.bag(amount)) for index, amount in priced.allocations]

    def bundle(self, bundle: Bundle | None) -> Document | None:
        if bundle is None:
            return None
        if bundle not in self.bundles:
            number = gid("LineItemGroup", self.new_id("LineItemGroup"))
            self.bundles[bundle] = {"id": number, "title": bundle.title, "quantity": bundle.quantity}
        return self.bundles[bundle]


def _gross(line: Line, money: Currencies) -> Amount:
    return money.amount(unit_price(line)) * line.quantity


def unit_price(line: Line) -> Decimal:
    unit = line.price if line.price is not None else line.product.price if line.product else None
    if unit is None:
        raise ValueError(f"the custom line {line.title!r} has no price")
    return unit


def line_document(line: Line, priced: Priced, basket: Basket) -> Document:
    unit = unit_price(line)
    product = line.product or Product("", line.title, unit)
    title = line.title or product.title
    taxes = basket.taxes(priced.net, line.taxes)
    return {
        "id": gid("LineItem", basket.new_id("LineItem")),
        "title": title,
        "variantTitle": product.variant_title or None,
        "name": title + (f" - {product.variant_title}" if product.variant_title else ""),
        "sku": product.sku or None,
        "quantity": line.quantity,
        "currentQuantity": line.quantity,
        "isGiftCard": product.gift_card,
        "requiresShipping": product.requires_shipping,
        "taxable": bool(taxes),
        "vendor": product.vendor or None,
        "customAttributes": attributes(line.attributes),
        "variant": {"id": product.gid} if line.product and not line.deleted else None,
        "lineItemGroup": basket.bundle(line.bundle),
        "originalUnitPriceSet": basket.money.bag(unit),
        "discountAllocations": basket.allocations(priced),
        "taxLines": taxes,
        "duties": [_duty_document(duty, basket) for duty in line.duties],
    }


def tip_document(basket: Basket) -> Document:
    """Shopify has a tip among the lines, beside stating it as `totalTipReceivedSet`."""
    line = Line(Product("", TIP, basket.draft.tip, requires_shipping=False), taxes=())
    document = line_document(line, Priced(basket.money.amount(basket.draft.tip)), basket)
    return {**document, "variant": None, "isTip": True}


def fee_document(fee: Fee, basket: Basket) -> Document:
    return _charge_document("AdditionalFee", fee, basket, name=fee.name)


def _duty_document(duty: Duty, basket: Basket) -> Document:
    # The tax on a duty that is in the price of its line is in the line's tax.
    taxed = replace(duty, taxes=()) if basket.draft.duties_included else duty
    return _charge_document("Duty", taxed, basket, harmonizedSystemCode=duty.code)


def _charge_document(kind: str, charge: Duty | Fee, basket: Basket, **named: str) -> Document:
    amount = basket.money.amount(charge.amount)
    return {
        "id": gid(kind, basket.new_id(kind)),
        **{name: value or None for name, value in named.items()},
        "price": basket.money.bag(amount),
        "taxLines": basket.taxes(amount, charge.taxes),
    }


def shipping_document(shipping: Shipping, priced: Priced, basket: Basket) -> Document:
    return {
        "id": gid("ShippingLine", basket.new_id("ShippingLine")),
        "title": shipping.title,
        "code": shipping.code or shipping.title,
        "source": "shopify",
        "phone": None,
        "carrierIdentifier": None,
        "isRemoved": shipping.removed,
        "originalPriceSet": basket.money.bag(priced.gross),
        "discountedPriceSet": basket.money.bag(priced.net),
        "discountAllocations": basket.allocations(priced),
        "taxLines": basket.taxes(priced.net, shipping.taxes) if priced.net else [],
    }
