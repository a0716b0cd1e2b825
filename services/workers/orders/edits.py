"""An order that changed in Shopify after it came to Odoo: what can follow there, and what cannot. Pure.

Until units are delivered or invoiced the Odoo order follows whole. What is delivered or invoiced stays, and the
difference is told with what a person can do about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from libs.common.domain.money import currency_digits, round_half_up
from libs.common.domain.outcomes import Hold
from libs.common.domain.sales import SaleLine, SaleOrder
from services.workers.orders.model import Edit, LineWrite, PlannedAddress, PlannedLine

DELIVERY = "delivery"


def plan_edit(
    order: SaleOrder,
    lines: Sequence[PlannedLine],
    addresses: Sequence[PlannedAddress],
    *,
    another_customer: bool = False,
) -> Edit:
    """Compare line by line, by the names that Tandem gave them; lines that somebody added in Odoo are left alone.

    For `another_customer` even the same addresses are others: contacts below that one.
    """
    there = {line.key: line for line in order.lines if line.key}
    writes: list[LineWrite] = []
    blocked: list[dict[str, Any]] = []
    new = []
    for line in lines:
        known = there.pop(line.key, None)
        if known is None:
            new.append(line)
        else:
            _compare(order, known, line, writes, blocked)
    for known in there.values():
        if not known.is_rounding:
            _lower(order, known, Decimal(0), writes, blocked)
    readdressed, pickings = _addresses(order, addresses, blocked)
    if another_customer:
        readdressed = {one.type: one for one in addresses if one.type in order.addresses}
        pickings = tuple(one.id for one in order.deliveries if one.is_open) if DELIVERY in readdressed else ()
    return Edit(order, tuple(writes), tuple(new), readdressed, pickings, blocked=tuple(blocked))


def _compare(
    order: SaleOrder, known: SaleLine, line: PlannedLine, writes: list[LineWrite], blocked: list[dict[str, Any]]
) -> None:
    priced = _priced_otherwise(order, known, line)
    if priced and _invoiced_net(order, known):
        blocked.append(
            {
                "line": _title(known),
                "shopify": {"unit_price": str(line.unit_price), "tax_ids": list(line.tax_ids)},
                "odoo": {"unit_price": str(known.price_unit), "tax_ids": list(known.tax_ids)},
                "why": "it is invoiced",
                "to_do": "correct the invoice of the order in Odoo (credit it and invoice anew), then the line",
            }
        )
        priced = False
    quantity = Decimal(line.quantity)
    if quantity > known.quantity and order.units_returned(known.id):
        # Odoo counts what came back as still to be delivered, and would ship it again with what is added.
        blocked.append(
            {
                "line": _title(known),
                "shopify": {"quantity": _number(quantity)},
                "odoo": {"quantity": _number(known.quantity)},
                "why": "units of it came back",
                "to_do": "add the units in Odoo as a line of their own",
            }
        )
        quantity = known.quantity
    if quantity < known.quantity:
        _lower(order, known, quantity, writes, blocked, priced=line if priced else None)
    elif quantity > known.quantity or priced:
        raised = quantity if quantity > known.quantity else None
        writes.append(LineWrite(known, raised, line if priced else None))


def _priced_otherwise(order: SaleOrder, known: SaleLine, line: PlannedLine) -> bool:
    """Prices are compared by what they come to: Odoo may keep more or fewer digits of one than we gave."""
    if set(line.tax_ids) != set(known.tax_ids):
        return True
    digits = currency_digits(order.currency)
    units = Decimal(line.quantity or 1)
    there = units * known.price_unit * (1 - known.discount / 100)
    return round_half_up(there, digits) != round_half_up(units * line.unit_price * (1 - line.discount / 100), digits)


def _lower(
    order: SaleOrder,
    known: SaleLine,
    quantity: Decimal,
    writes: list[LineWrite],
    blocked: list[dict[str, Any]],
    *,
    priced: PlannedLine | None = None,
) -> None:
    """As far down as what is delivered and invoiced allows."""
    delivered, invoiced = known.delivered, _invoiced_net(order, known)
    least = max(delivered, invoiced) if order.is_confirmed else Decimal(0)
    reached = max(quantity, min(least, known.quantity))
    if reached < known.quantity or priced:
        writes.append(LineWrite(known, reached if reached < known.quantity else None, priced))
    if reached > quantity:
        reasons = {"delivered": delivered > quantity, "invoiced": invoiced > quantity}
        blocked.append(
            {
                "line": _title(known),
                "shopify": {"quantity": _number(quantity)},
                "odoo": {"quantity": _number(reached)},
                "delivered": _number(delivered),
                "invoiced": _number(invoiced),
                "why": " and ".join(f"it is {name}" for name, holds in reasons.items() if holds),
                "to_do": _to_do(reasons),
            }
        )


def _to_do(reasons: Mapping[str, bool]) -> str:
    steps = []
    if reasons["delivered"]:
        steps.append("return the units in Odoo")
    if reasons["invoiced"]:
        steps.append("make a credit note for them in Odoo, or refund them in Shopify")
    return " and ".join(steps)


def _invoiced_net(order: SaleOrder, line: SaleLine) -> Decimal:
    return order.units_invoiced(line.id) - order.units_credited(line.id)


def _addresses(
    order: SaleOrder, planned: Sequence[PlannedAddress], blocked: list[dict[str, Any]]
) -> tuple[dict[str, PlannedAddress], tuple[int, ...]]:
    """Orders follow; what was shipped or posted to the old address is told."""
    readdressed: dict[str, PlannedAddress] = {}
    pickings: tuple[int, ...] = ()
    for address in planned:
        differing = address_difference(address, order.addresses.get(address.type, {}))
        if not differing:
            continue
        readdressed[address.type] = address
        if address.type == DELIVERY:
            pickings = tuple(one.id for one in order.deliveries if one.is_open)
            if order.deliveries and not pickings:
                why, to_do = "all of it was shipped already", "tell the carrier, or the customer"
                blocked.append({"delivery address": differing, "why": why, "to_do": to_do})
        elif order.posted_invoices:
            names = ", ".join(one.name for one in order.posted_invoices)
            to_do = f"correct the address on {names} in Odoo, where the law allows it"
            blocked.append({"invoice address": differing, "why": f"{names} is posted", "to_do": to_do})
    return readdressed, pickings


def address_difference(planned: PlannedAddress, there: Mapping[str, str]) -> dict[str, Any]:
    """By field, both sides."""
    return {
        name: {"shopify": planned.values.get(name, ""), "odoo": there[name]}
        for name in there
        if planned.values.get(name, "") != there[name]
    }


def _title(line: SaleLine) -> str:
    return line.name.split("\n")[0]


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"


def hold_for_blocked(edit: Edit, name: str) -> Hold:
    """What could follow did; the rest, line by line, with what to do about each."""
    what = "; ".join(_told(one) for one in edit.blocked)
    steps = list(dict.fromkeys(str(one["to_do"]) for one in edit.blocked))
    return Hold(
        "order_changed",
        f"{name} changed in Shopify and {edit.order.name} cannot follow in everything: {what}",
        "; ".join(steps) + "; then retry",
        {"order_id": edit.order.id, "left": [dict(one) for one in edit.blocked]},
    )


def _told(one: Mapping[str, Any]) -> str:
    if "line" not in one:
        what, sides = next(iter(one.items()))
        words = f": Shopify {sides['shopify']}, Odoo {sides['odoo']}" if "shopify" in sides else ""
        return f"the {what}{words} ({one['why']})"
    sides = [
        f"{side} " + ", ".join(f"{key} {value}" for key, value in one[side.lower()].items())
        for side in ("Shopify", "Odoo")
    ]
    return f"{one['line']}: {', '.join(sides)} ({one['why']})"
