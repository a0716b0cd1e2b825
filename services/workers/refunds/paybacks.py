"""The money of refunds in Odoo: outbound payments, made as the payments' room makes its own, and what is left open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import structlog

from libs.common.errors import Failure, Rejected
from services.workers.context import StoreContext
from services.workers.payments.apply import apply
from services.workers.payments.model import Applied as PaidBack
from services.workers.payments.model import PlannedPayment
from services.workers.refunds.far_side import Receivable, read_receivables
from services.workers.refunds.model import Changes

PAYBACK = "payback"

log = structlog.get_logger(__name__)


class PaybackRun:
    """What one batch paid back; two refunds may be of one order."""

    def __init__(self, store: StoreContext, credit_ids: Mapping[str, int]) -> None:
        self.store = store
        self.credit_ids = credit_ids
        """Credit notes by record id."""
        self.failed: dict[str, Failure] = {}
        self._paid: dict[str, PaidBack] = {}
        """By external id."""
        self._lines: list[Receivable] = []

    def pay(self, plans: Sequence[Changes]) -> None:
        """All payments together, each matched with its credit note; then the receivable lines of the orders."""
        wanted = [(changes, self._for(changes, one)) for changes in plans for one in changes.paybacks]
        answers = apply([payment for _, payment in wanted], self.store) if wanted else []
        for (changes, payment), answer in zip(wanted, answers, strict=True):
            if isinstance(answer, Failure):
                self.failed[changes.record_id] = answer
            else:
                self._paid[payment.external_id] = answer
        self.store.remember(
            [
                (PAYBACK, transaction_of(one.plan), one.payment_id, one.plan.memo)
                for changes in plans
                for one in self.of(changes)
            ]
        )
        alive = [changes for changes in plans if changes.record_id not in self.failed]
        self._read(alive)
        for changes in alive:
            self._set_off(changes)

    def _for(self, changes: Changes, payment: PlannedPayment) -> PlannedPayment:
        credit_id = self.credit_ids.get(changes.record_id)
        return replace(payment, move_ids=(credit_id,) if credit_id else (), record_id=changes.record_id)

    def _read(self, plans: Sequence[Changes]) -> None:
        checked = [changes for changes in plans if changes.check.outstanding is not None]
        moves = {one for changes in checked for one in changes.check.invoice_ids}
        moves |= {self.credit_ids[changes.record_id] for changes in checked if changes.record_id in self.credit_ids}
        payments = {one for changes in checked for one in changes.check.payment_ids}
        payments |= {one.payment_id for changes in checked for one in self.of(changes)}
        self._lines = read_receivables(self.store.odoo, moves, payments)

    def _set_off(self, changes: Changes) -> None:
        """What a credit note has left, with what is open of the order: the invoice of what was given in exchange.

        Odoo matches a credit note by itself only with the invoice that it reverses.
        """
        credit_id = self.credit_ids.get(changes.record_id)
        own = [line for line in self._lines if line.move_id == credit_id and line.posted and line.residual < 0]
        others = {line.move_id: line.residual for line in self._lines if line.posted and line.residual > 0}
        for line in own:
            left = -line.residual
            for move_id in (one for one in changes.check.invoice_ids if one in others):
                if left > 0:
                    left -= others[move_id]
                    self._match(move_id, line)

    def _match(self, move_id: int, line: Receivable) -> None:
        """Nothing hangs on it: refused, because another worker was faster, both stay open and come to the same."""
        try:
            self.store.odoo.call("account.move", "js_assign_outstanding_line", [move_id, line.id], write=True)
        except Rejected as refusal:
            log.warning("credit.left_open", store=self.store.slug, move=move_id, reason=refusal.message)

    def of(self, changes: Changes) -> tuple[PaidBack, ...]:
        return tuple(self._paid[one.external_id] for one in changes.paybacks if one.external_id in self._paid)

    def open_amount(self, changes: Changes, done: Sequence[Changes]) -> Decimal | None:
        """What the order's documents and payments come to together: matching moves nothing of it.

        `done` are all refunds that went through; None while another refund of the order is missing among them.
        """
        check, mates = changes.check, _mates(changes, done)
        if check.outstanding is None or not {*check.open_refunds} <= {one.refund_id for one in mates}:
            return None
        moves = {*check.invoice_ids, *(self.credit_ids.get(one.record_id, 0) for one in mates)}
        payments = {*check.payment_ids, *(paid.payment_id for one in mates for paid in self.of(one))}
        mine = [line for line in self._lines if line.move_id in moves or (line.payment_id or 0) in payments]
        return sum((line.amount for line in mine), Decimal(0))

    def unregistered(self, changes: Changes, done: Sequence[Changes]) -> Decimal:
        """Money that moved in Shopify and is no payment in Odoo, now that these are done."""
        paid = {transaction_of(one) for mate in _mates(changes, done) for one in mate.paybacks}
        amounts = (amount.amount for one, amount in changes.check.transactions if one not in paid)
        return sum(amounts, Decimal(0))


def transaction_of(payment: PlannedPayment) -> str:
    """Its transaction's id, from the external id `tandem_acme.payback_9001`."""
    return payment.external_id.rpartition("_")[2]


def _mates(changes: Changes, done: Sequence[Changes]) -> list[Changes]:
    """Those of the same order, itself among them."""
    return [one for one in done if one.sale.id == changes.sale.id]
