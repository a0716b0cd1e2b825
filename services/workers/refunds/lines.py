"""The lines of a credit note: Shopify's figures exactly, with the taxes of the order's lines. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NoReturn

from libs.common.domain.facts import TaxFact
from libs.common.domain.money import Money, currency_digits, round_half_up
from libs.common.domain.outcomes import Hold
from libs.common.domain.pricing import Part, exact_parts
from libs.common.domain.refunds import Adjustment, Refund, RefundLine, RefundShipping
from libs.common.domain.sales import SaleLine, SaleOrder
from services.workers.refunds.model import PlannedLine, Ref

CASH = "cash"
DISCREPANCY = "refund_discrepancy"
PENDING = "pending_refund_discrepancy"


class HoldRefund(Exception):
    """Planning found a reason to ask a person."""

    def __init__(self, hold: Hold) -> None:
        self.hold = hold
        super().__init__(hold.message)


def refuse(code: str, message: str, hint: str, **details: object) -> NoReturn:
    raise HoldRefund(Hold(code, message, hint, details))


class CreditLines:
    """Plans the lines of one credit note."""

    def __init__(
        self,
        refund: Refund,
        sale: SaleOrder,
        taxes: Sequence[TaxFact],
        price_digits: int | None,
        *,
        adjustment: Ref,
        rounding: Ref,
        tip_ids: Collection[str] = (),
        before: Sequence[Refund] = (),
    ) -> None:
        self.refund = refund
        self.sale = sale
        self.taxes = {tax.id: tax for tax in taxes}
        self.price_digits = price_digits
        self.digits = currency_digits(refund.currency)
        self.adjustment = adjustment
        self.rounding = rounding
        self.tip_ids = tip_ids
        """Line items that are the order's tip, which is one line in Odoo."""
        self.before = before
        """Earlier refunds of the order whose credit notes are still to be made: they take the first units."""

    def plan(self) -> tuple[PlannedLine, ...]:
        """Raises HoldRefund where Odoo has no line, or too few invoiced units, for what was refunded."""
        lines: list[PlannedLine] = []
        for number, (skip, one) in enumerate(self._by_line()):
            lines += self._units(number, skip, one)
        lines += [self._tip(one) for one in self.refund.lines if one.line_id in self.tip_ids]
        lines += [self._shipping(number, one) for number, one in enumerate(self.refund.shipping) if one.subtotal]
        lines += self._duties()
        lines += [self._adjusted(one) for one in counted_adjustments(self.refund) if one.amount or one.tax]
        rounded = cash_rounding(self.refund)
        if rounded:
            lines.append(self._plain(self.rounding, "Cash rounding", rounded))
        if lines and self.sale.lines and not any(line.sale_line_id for line in lines):
            # Odoo counts a credit note among the order's when one of its lines belongs to one of the order's.
            about = f"Refund of {self.sale.name}, no units taken back"
            lines.append(PlannedLine(None, about, 0, Decimal(0), (), self.sale.lines[0].id))
        return tuple(lines)

    def _by_line(self) -> Iterator[tuple[int, RefundLine]]:
        """Units of one line may stand in several refund lines, by `restockType`: what is invoiced is for all."""
        goods = [one for one in self.refund.lines if one.line_id not in self.tip_ids]
        wanted: dict[str, int] = {}
        for one in goods:
            wanted[one.line_id] = wanted.get(one.line_id, 0) + one.quantity
        for line_id, quantity in wanted.items():
            parts = self._parts(line_id)
            invoiced = sum((max(part.invoiced, Decimal(0)) for part in parts), Decimal(0))
            if quantity > invoiced:
                refuse(
                    "refund_exceeds_invoice",
                    f"{quantity} units of {_title(parts[0])!r} were refunded, {invoiced.normalize():f} are invoiced",
                    f"invoice the rest of {self.sale.name} in Odoo, then retry; or enter the credit note by hand",
                    line=_title(parts[0]),
                    refunded=quantity,
                    invoiced=f"{invoiced.normalize():f}",
                    order=self.sale.name,
                )
        taken = {line_id: self._first(line_id, quantity) for line_id, quantity in wanted.items()}
        for one in goods:
            yield taken[one.line_id], one
            taken[one.line_id] += one.quantity

    def _first(self, line_id: str, quantity: int) -> int:
        """Where this refund's units begin among the invoiced ones of a line."""
        earlier = sum(one.quantity for refund in self.before for one in refund.lines if one.line_id == line_id)
        invoiced = sum(max(int(part.invoiced), 0) for part in self._parts(line_id))
        return min(earlier, invoiced - quantity)

    def _parts(self, line_id: str) -> tuple[SaleLine, ...]:
        parts = self.sale.lines_of(f"line_{line_id}")
        if not parts:
            refuse(
                "refund_line_unknown",
                f"line {line_id} of {self.refund.order_name} was refunded, and {self.sale.name} has no such line",
                f"enter the credit note for {self.sale.name} by hand: {credit_total(self.refund)}",
                line_id=line_id,
                order=self.sale.name,
                refunded=str(credit_total(self.refund)),
            )
        return parts

    def _units(self, number: int, skip: int, one: RefundLine) -> Iterator[PlannedLine]:
        """Units against the order lines that carry them, at prices that come to the refund's subtotal exactly."""
        if not one.quantity:
            return
        prices = list(exact_parts(one.subtotal.amount, one.quantity, self.price_digits, self.digits))
        for line, count in _take(self._parts(one.line_id), skip, one.quantity):
            left = count
            while left:
                part = prices.pop(0)
                units = min(left, part.quantity)
                price, off, product = part.unit_price, part.discount, line.product_id or 0
                yield PlannedLine(product, line.name, units, price, line.tax_ids, line.id, off, f"units_{number}")
                left -= units
                if part.quantity > units:
                    prices.insert(0, Part(part.quantity - units, part.unit_price, part.discount))

    def _tip(self, one: RefundLine) -> PlannedLine:
        tips = self.sale.lines_of(f"tip_{self.refund.order_id}")
        if not tips:
            return self._plain(self.adjustment, "Tip", one.subtotal)
        return self._money(tips[0], one.subtotal, tips[0].tax_ids, "tip")

    def _shipping(self, number: int, one: RefundShipping) -> PlannedLine:
        prefix = f"shipping_{self.refund.order_id}_"
        lines = [line for line in self.sale.lines if line.key.startswith(prefix)]
        named = [line for line in lines if one.shipping_line_id and line.key == prefix + one.shipping_line_id]
        fitting = named or [line for line in lines if self._amount(line) == one.subtotal.amount] or lines
        if not fitting:
            refuse(
                "refund_line_unknown",
                f"shipping of {self.refund.order_name} was refunded, and {self.sale.name} has no line for it",
                f"enter the credit note for {self.sale.name} by hand: {credit_total(self.refund)}",
                order=self.sale.name,
                refunded=str(credit_total(self.refund)),
            )
        return self._money(fitting[0], one.subtotal, fitting[0].tax_ids, f"shipping_{number}")

    def _duties(self) -> list[PlannedLine]:
        """Refunds do not say which duty they give back: the one that cost as much, with its tax or without; else any.

        What is only a part of a duty goes back without tax: how much of it is tax nobody tells.
        """
        left = [line for line in self.sale.lines if line.key.startswith("duty_")]
        planned = []
        for number, amount in enumerate(one for one in self.refund.duties if one):
            line = next((line for line in left if amount.amount in {self._amount(line), self._gross(line)}), None)
            if line is not None:
                left.remove(line)
                tax_ids = line.tax_ids if amount.amount == self._gross(line) else ()
                price = Money(self._amount(line), amount.currency) if tax_ids else amount
                planned.append(self._money(line, price, tax_ids, f"duty_{number}"))
            else:
                planned.append(
                    PlannedLine(left[0].product_id if left else self.adjustment, "Duty", 1, amount.amount, ())
                )
        return planned

    def _gross(self, line: SaleLine) -> Decimal:
        return self._amount(line) + (Decimal(0) if self.refund.taxes_included else round_half_up(line.tax, self.digits))

    def _money(self, line: SaleLine, amount: Money, tax_ids: tuple[int, ...], key: str = "") -> PlannedLine:
        """A charge given back: as the invoiced unit when it is the whole, else as money that takes back no unit."""
        whole = self._amount(line) == amount.amount and line.quantity == 1 and line.invoiced >= 1
        planned = self._plain(line.product_id or 0, line.name, amount, tax_ids, key)
        return replace(planned, sale_line_id=line.id) if whole else planned

    def _plain(
        self, product: Ref, name: str, amount: Money, tax_ids: tuple[int, ...] = (), key: str = ""
    ) -> PlannedLine:
        """Money as one unit that belongs to no order line."""
        part = exact_parts(amount.amount, 1, self.price_digits, self.digits)[0]
        return PlannedLine(product, name, 1, part.unit_price, tax_ids, None, part.discount, key)

    def _amount(self, line: SaleLine) -> Decimal:
        return round_half_up(line.amount, self.digits)

    def _adjusted(self, one: Adjustment) -> PlannedLine:
        """Shopify's sign is turned: what went back beyond the lines makes the credit note larger."""
        reason = one.reason.replace("_", " ")
        name = f"Refund adjustment: {reason}" if reason else "Refund adjustment"
        tax_ids = self._fitting_taxes(one)
        included = self.refund.taxes_included or not tax_ids
        amount = one.amount + one.tax if included else one.amount
        return self._plain(self.adjustment, name, -amount, tax_ids, f"adjustment_{one.id}")

    def _fitting_taxes(self, one: Adjustment) -> tuple[int, ...]:
        """Taxes of one of the order's lines that come to the adjustment's tax, shipping's first; else none."""
        if not one.tax:
            return ()
        step = Decimal(1).scaleb(-currency_digits(one.tax.currency))
        for line in sorted(self.sale.lines, key=lambda x: not x.key.startswith("shipping_")):
            rates = [self.taxes[tax].rate for tax in line.tax_ids if tax in self.taxes]
            if rates and len(rates) == len(line.tax_ids):
                expected = one.amount.amount * sum(rates, Decimal(0))
                if abs(expected - one.tax.amount) <= step:
                    return line.tax_ids
        return ()


def credit_total(refund: Refund) -> Money:
    """What a credit note is to come to, with tax: lines, shipping, duties, adjustments, rounding of cash."""
    adjusted = Money.sum((one.amount + one.tax for one in counted_adjustments(refund)), refund.currency)
    return refund.taken_back - adjusted + cash_rounding(refund)


def counted_adjustments(refund: Refund) -> tuple[Adjustment, ...]:
    """Those that say something of goods and money, not of money that is still on its way.

    While a refund's money is pending, Shopify sets it off as a discrepancy, and takes that back when it has arrived.
    The goods are credited all the same: until then the money is owed to the customer.
    """
    unsettled = [one.amount for one in refund.transactions if one.kind == "refund" and one.status != "success"]
    offsets = [-(one.amount + one.tax) for one in refund.adjustments if one.reason == PENDING]
    gone = {one.amount for one in (Money.sum(unsettled, refund.currency), *offsets)} - {Decimal(0)}
    return tuple(
        one
        for one in refund.adjustments
        if one.reason != PENDING and not (one.reason == DISCREPANCY and (one.amount + one.tax).amount in gone)
    )


def cash_rounding(refund: Refund) -> Money:
    """What rounding of cash made the money that went back larger (or smaller) than the refund."""
    paid = [one for one in refund.transactions if one.pays_back]
    told = Money.sum((one.rounding for one in paid if one.rounding), refund.currency)
    if told or not paid or any(one.gateway != CASH for one in paid):
        return told
    return Money.sum((one.amount for one in paid), refund.currency) - refund.total


def _take(parts: Sequence[SaleLine], skip: int, quantity: int) -> Iterator[tuple[SaleLine, int]]:
    """`quantity` units out of the invoiced ones of these lines, leaving out the first `skip`."""
    for part in parts:
        invoiced = max(int(part.invoiced), 0)
        passed = min(skip, invoiced)
        skip -= passed
        units = min(invoiced - passed, quantity)
        quantity -= units
        if units:
            yield part, units


def _title(line: SaleLine) -> str:
    return line.name.split("\n")[0]
