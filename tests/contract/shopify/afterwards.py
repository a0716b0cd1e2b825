"""What the tests of what happens after checkout share: ids, orders as read, and the sums that must hold."""

from __future__ import annotations

from decimal import Decimal

from libs.common.domain.money import Money
from libs.common.domain.orders import Charge, LineItem, Order, ShippingLine, Side, TaxLine
from libs.common.domain.refunds import Refund
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.orders import fetch_orders
from libs.common.shopify.refunds import fetch_refunds
from libs.sandbox.shopify.derived import Document, legacy_id
from libs.sandbox.shopify.drafts import Discount, Draft, Line, Shipping, Tax
from libs.sandbox.shopify.sandbox import ShopifySandbox

VAT = Tax("VAT", Decimal("0.2"))
YEN = ("JPY", Decimal("151.37"))
SIDES: tuple[Side, ...] = ("shop", "presentment")


def draft(shop: ShopifySandbox) -> Draft:
    """Two mugs and three pens, ten percent off, with shipping, shown to the customer in yen."""
    return Draft(
        (Line(shop.product("MUG"), 2), Line(shop.product("PEN"), 3)),
        (Shipping("Post", Decimal("4.90")),),
        (Discount("TEN", percent=Decimal(10)),),
        (VAT,),
        presentment=YEN,
    )


def number(document: Document) -> str:
    return legacy_id(document)


def line_of(order: Document, place: int) -> str:
    """The number of its line at this place."""
    return legacy_id(order["lineItems"][place])


def read(client: ShopifyClient, order: Document, side: Side = "shop") -> Order:
    return fetch_orders(client, [number(order)], side=side)[number(order)]


def refunds_of(client: ShopifyClient, order: Order) -> list[Refund]:
    found = fetch_refunds(client, order.refund_ids, side=order.side)
    return [found[one] for one in order.refund_ids]


def sold(order: Order) -> Money:
    """What everything that the order has come to by its parts."""
    lines: list[Money] = [line.sold_total for line in order.lines]
    taxes: list[TaxLine] = [tax for line in order.lines for tax in line.sold_taxes]
    parts: list[ShippingLine | Charge] = [line for line in order.shipping_lines if not line.removed]
    charges: list[Charge] = [*order.duties, *order.fees]
    lines += [part.total for part in order.shipping_lines if not part.removed] + [charge.price for charge in charges]
    taxes += [tax for part in [*parts, *charges] for tax in part.taxes]
    total = Money.sum([*lines, order.tip or Money.zero(order.currency)], order.currency)
    tax = Money.sum((tax.price for tax in taxes), order.currency)
    return total if order.taxes_included else total + tax


def check_sums(order: Order, refunds: list[Refund]) -> None:
    """The parts come to the total, and what was sold, credited and paid leaves what Shopify says is outstanding."""
    assert sold(order) == order.total
    credited = Money.sum((refund.goods_total for refund in refunds), order.currency)
    paid = Money.sum((one.amount for one in order.transactions if one.pays), order.currency)
    back = Money.sum((one.amount for one in order.transactions if one.pays_back), order.currency)
    if order.change_in_sales:
        back += Money.sum((one.amount for one in order.transactions if one.gives_change), order.currency)
    rounding = order.cash_rounding or Money.zero(order.currency)
    assert order.total + rounding - credited - (paid - back) == order.outstanding


def check(client: ShopifyClient, order: Document) -> Order:
    """Reads it in both moneys, each of which must add up; the shop's."""
    for side in reversed(SIDES):
        found = read(client, order, side)
        check_sums(found, refunds_of(client, found))
    return found


def units(line: LineItem) -> tuple[int, int | None, int]:
    return line.quantity, line.current_quantity, line.sold_quantity
