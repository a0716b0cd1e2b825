"""Lines that Odoo delivers as a kit (a phantom bill of materials): moves of its parts, none of its own product. Pure.

How much of a part is in one kit is reckoned from the moves, in the units of the moves: all that is ordered of the part,
sent or still to be, by the units of the line. So kits in kits, other units of measure and bills that were changed since
come out right. What the parts then make is compared with what Odoo says is delivered; a kit that Odoo counts otherwise
is not understood, and is nobody's to take apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import floor

from libs.common.domain.sales import CANCELLED, DONE, INCOMING, OUTGOING, Move, Picking, SaleLine, SaleOrder

#: A part: the line of the bill of materials (0 where Odoo names none) and the product.
Part = tuple[int, int]
Amounts = Mapping[Part, Fraction]
#: Decimals of a quantity of a part, finer than any unit of measure in Odoo.
DIGITS = 6


def part_of(move: Move) -> Part:
    return (move.bom_line_id or 0, move.product_id)


@dataclass(frozen=True, slots=True)
class Kit:
    """How a line of an order is put together."""

    line: SaleLine
    each: Amounts = field(default_factory=dict)
    """Of every part, how much is in one kit; nothing where that is not understood."""
    sent: Amounts = field(default_factory=dict)
    """In done deliveries, whatever came back."""
    back: Amounts = field(default_factory=dict)
    """In done returns."""

    @property
    def understood(self) -> bool:
        return bool(self.each)

    def whole(self, amounts: Amounts, less: Amounts | None = None) -> int:
        """The kits that these parts make, those of `less` taken off."""
        taken = less or {}
        ratios = [(amounts.get(part, 0) - taken.get(part, 0)) / each for part, each in self.each.items()]
        return max(0, floor(min(ratios))) if ratios else 0

    @property
    def delivered(self) -> int:
        """Kits that left whole, returns not taken off."""
        return self.whole(self.sent)

    @property
    def returned(self) -> int:
        return self.delivered - self.whole(self.sent, self.back)

    def quantity(self, part: Part, kits: int) -> Decimal:
        return _decimal(self.each[part] * kits)


def kit_of(order: SaleOrder, line: SaleLine) -> Kit | None:
    """None for a line that is delivered as what it is."""
    moves = [(picking, move) for picking in order.pickings for move in picking.moves if move.sale_line_id == line.id]
    if not any(move.bom_line_id or move.product_id != line.product_id for _, move in moves):
        return None
    sent = _sums((m, m.quantity) for p, m in moves if p.code == OUTGOING and m.state == DONE)
    back = _sums((m, m.quantity) for p, m in moves if p.code == INCOMING and m.state == DONE)
    outgoing = [move for picking, move in moves if picking.code == OUTGOING]
    for ordered in _ordered(outgoing):
        each = {part: amount / Fraction(line.quantity) for part, amount in ordered.items()} if line.quantity else {}
        kit = Kit(line, each, sent, back)
        if kit.understood and all(each.values()) and kit.whole(sent, back) == line.delivered:
            return kit
    return Kit(line, {}, sent, back)


def _ordered(outgoing: Sequence[Move]) -> Iterator[dict[Part, Fraction]]:
    """What may be ordered of each part in all; which it is tells what Odoo counts as delivered.

    What was given up (the rest of a move that was done in part, moves that were cancelled) is of the order still or was
    sent anew since. Where it is another share of one part than of another, no kits were given up, but parts.
    """
    alive = _sums((m, m.quantity if m.state == DONE else m.demand) for m in outgoing if m.state != CANCELLED)
    rest = _sums((m, max(m.demand - m.quantity, Decimal(0))) for m in outgoing if m.state == DONE)
    gone = _sums((m, m.demand) for m in outgoing if m.state == CANCELLED)
    parts = sorted({*alive, *gone})
    live, given_up = ([_of(sums, part) for part in parts] for sums in (alive, _plus(rest, gone)))
    even = all(given_up[0] * other == live[0] * up for other, up in zip(live, given_up, strict=True))
    if even:
        yield alive
        yield _plus(alive, rest)
    yield _plus(_plus(alive, rest), gone)


def _plus(one: Amounts, other: Amounts) -> dict[Part, Fraction]:
    return {part: _of(one, part) + _of(other, part) for part in {*one, *other}}


def _of(amounts: Amounts, part: Part) -> Fraction:
    return amounts.get(part, Fraction(0))


def kits_moved(kit: Kit, order: SaleOrder, picking: Picking) -> int:
    """The kits that became whole by this delivery, after those before it; of a return, those that are none any more."""
    same = [one for one in order.pickings if one.code == picking.code and one.state == DONE]
    until = [one for one in same if _when(one) <= _when(picking)]
    before = [one for one in until if one.id != picking.id]
    if picking.code == INCOMING:
        return kit.whole(kit.sent, _in(kit, before)) - kit.whole(kit.sent, _in(kit, until))
    return kit.whole(_in(kit, until)) - kit.whole(_in(kit, before))


def kit_parts(kit: Kit, kits: int, moves: Sequence[Move]) -> tuple[dict[int, Decimal], int]:
    """How much of these open moves completes so many kits more, by move; and how many it can be.

    Parts that left ahead of their kit are counted: only the others are missing.
    """
    open_parts = _sums((move, move.demand) for move in moves)
    all_parts = {part: kit.sent.get(part, Fraction(0)) + open_parts.get(part, Fraction(0)) for part in kit.each}
    possible = min(kits, kit.whole(all_parts) - kit.delivered)
    chosen: dict[int, Decimal] = {}
    for part, each in kit.each.items():
        left = each * (kit.delivered + possible) - kit.sent.get(part, Fraction(0)) if possible > 0 else Fraction(0)
        for move in moves:
            taken = min(left, Fraction(move.demand)) if part_of(move) == part else Fraction(0)
            if taken > 0:
                chosen[move.id] = _decimal(taken)
                left -= taken
    return chosen, max(0, possible)


def _in(kit: Kit, pickings: Iterable[Picking]) -> dict[Part, Fraction]:
    moves = (move for picking in pickings for move in picking.moves)
    return _sums((move, move.quantity) for move in moves if move.sale_line_id == kit.line.id and move.state == DONE)


def _sums(moves: Iterable[tuple[Move, Decimal]]) -> dict[Part, Fraction]:
    sums: dict[Part, Fraction] = {}
    for move, quantity in moves:
        sums[part_of(move)] = sums.get(part_of(move), Fraction(0)) + Fraction(quantity)
    return sums


def _when(picking: Picking) -> tuple[str, int]:
    return (picking.done_at.isoformat() if picking.done_at else "", picking.id)


def _decimal(number: Fraction) -> Decimal:
    return round(Decimal(number.numerator) / Decimal(number.denominator), DIGITS).normalize()
