"""A kit that comes back: its parts, each from the delivery that sent it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from libs.common.domain.kits import Kit, Part, part_of
from libs.common.domain.sales import CANCELLED, DONE, INCOMING, Move, Picking, SaleOrder
from services.workers.refunds.model import ReturnedMove


def counted(move: Move) -> Decimal:
    """Of a return: what came back, or is to."""
    return move.quantity if move.state == DONE else move.demand


def parts_back(kit: Kit, sale: SaleOrder, mine: Picking | None) -> dict[Part, Fraction]:
    """Of returns other than this refund's own, those on their way among them."""
    sums: dict[Part, Fraction] = {}
    for move in _moves(kit, (one for one in sale.pickings if one.code == INCOMING and one is not mine)):
        if move.state != CANCELLED:
            sums[part_of(move)] = sums.get(part_of(move), Fraction(0)) + Fraction(counted(move))
    return sums


def kits_back(kit: Kit, sale: SaleOrder, mine: Picking | None) -> Decimal:
    return Decimal(kit.delivered - kit.whole(kit.sent, parts_back(kit, sale, mine)))


def returned_kits(kit: Kit, sale: SaleOrder, mine: Picking | None, *, wanted: int, before: int) -> list[ReturnedMove]:
    """The delivered parts that so many kits come back from, oldest first; `before` kits are other refunds'."""
    back = parts_back(kit, sale, mine)
    kits = min(wanted, kit.whole(kit.sent, back) - before)
    planned: list[ReturnedMove] = []
    for part, each in kit.each.items() if kits > 0 else ():
        left, taken = each * kits, back.get(part, Fraction(0)) + each * before
        for picking in sorted(sale.deliveries, key=lambda one: one.id):
            for move in _moves(kit, [picking]):
                if move.state != DONE or part_of(move) != part:
                    continue
                there = Fraction(move.quantity)
                free, taken = there - min(taken, there), taken - min(taken, there)
                units = min(free, left)
                if units > 0:
                    left -= units
                    planned.append(_returned(move, picking, units, kits=0 if planned else kits))
    return planned


def _returned(move: Move, picking: Picking, quantity: Fraction, *, kits: int) -> ReturnedMove:
    exact = Decimal(quantity.numerator) / Decimal(quantity.denominator)
    return ReturnedMove(
        move.id, picking.id, move.product_id, move.sale_line_id or 0, exact, move.bom_line_id, line_units=kits
    )


def _moves(kit: Kit, pickings: Iterable[Picking]) -> list[Move]:
    return [move for picking in pickings for move in picking.moves if move.sale_line_id == kit.line.id]
