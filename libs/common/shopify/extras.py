"""What few orders have: duties, additional fees, and what edits, refunds and returns changed. One request more."""

from __future__ import annotations

from dataclasses import dataclass, field

from libs.common.domain.orders import Charge, Side
from libs.common.domain.refunds import Refund
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.documents import document
from libs.common.shopify.nodes import Changed, all_nodes, further_page
from libs.common.shopify.reading import Node
from libs.common.shopify.refunds import read_refund
from libs.common.shopify.taxes import read_taxes

#: Lines of a page, for their duties; the declared cost counts on it.
LINES = 100
NO_RETURN = "NO_RETURN"


@dataclass(frozen=True, slots=True)
class Extras:
    """`lines` are the order lines of exchanges, which Shopify shows in returns."""

    fees: tuple[Charge, ...] = ()
    duties: tuple[Charge, ...] = ()
    refunds: tuple[Refund, ...] = ()
    lines: tuple[Node, ...] = field(default=())


def was_changed(order: Node) -> bool:
    """Whether units may have come or gone since it was placed other than by refunds: by edits or exchanges."""
    return order.boolean("edited") or order.text("returnStatus") != NO_RETURN


def wants_extras(order: Node) -> bool:
    charged = any(order.get(name) is not None for name in ("originalTotalDutiesSet", "originalTotalAdditionalFeesSet"))
    return charged or was_changed(order) or any(order.nodes("refunds"))


def read_extras(client: ShopifyClient, order: Node, side: Side) -> Extras:
    """Raises Changed when the order is not any more what `order` was."""
    doc = document("order_extras")
    value = client.execute(doc, {"id": order.text("id"), "lines": LINES, "after": None}).get("order")
    if value is None:
        raise Changed
    node = Node.of(value, order.record)
    if node.text("updatedAt") != order.text("updatedAt"):
        raise Changed
    currency = order.text("currencyCode" if side == "shop" else "presentmentCurrencyCode")
    lines = all_nodes(
        node,
        "lineItems",
        lambda cursor: further_page(client, doc, "order", node, "lineItems", lines=LINES, after=cursor),
    )
    return Extras(
        fees=tuple(_charge(fee, fee.text("name"), currency, side) for fee in node.nodes("additionalFees")),
        duties=tuple(
            _charge(duty, _duty_title(duty), currency, side) for line in lines for duty in line.nodes("duties")
        ),
        refunds=tuple(read_refund(client, refund, order, side) for refund in node.nodes("refunds")),
        lines=tuple(_exchange_lines(node)),
    )


def _charge(charge: Node, title: str, currency: str, side: Side) -> Charge:
    return Charge(charge.id(), title, charge.money("price", currency, side), read_taxes(charge, currency, side))


def _duty_title(duty: Node) -> str:
    code = duty.text_or_empty("harmonizedSystemCode")
    return f"Duty {code}" if code else "Duty"


def _exchange_lines(order: Node) -> list[Node]:
    found = []
    for returned in all_nodes(order, "returns"):
        if returned.text("status") in {"CANCELED", "DECLINED", "REQUESTED"}:
            continue
        for item in all_nodes(returned, "exchangeLineItems"):
            if item.get("lineItems") is not None:
                found += list(item.nodes("lineItems"))
    return found
