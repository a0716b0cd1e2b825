"""The money of refunds in Odoo: outbound payments, posted, and matched with their credit notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from libs.common.errors import Failure, Rejected
from services.workers.batching import in_one_call
from services.workers.context import StoreContext
from services.workers.refunds.far_side import Receivable, read_receivables
from services.workers.refunds.model import Changes, PlannedPayback
from services.workers.refunds.rows import payback_fields, payback_row


class PaybackRun:
    """What one batch paid back; two refunds may be of one order."""

    def __init__(self, store: StoreContext, credit_ids: Mapping[str, int]) -> None:
        self.store = store
        self.credit_ids = credit_ids
        """Credit notes by record id."""
        self.failed: dict[str, Failure] = {}
        self.ids: dict[str, int] = {}
        """Payments by external id."""
        self.lines: list[Receivable] = []

    def pay(self, plans: Sequence[Changes]) -> None:
        """Load and post all payments, read the receivable lines of all, match each payment that is open."""
        whose = {one.external_id: changes for changes in plans for one in changes.paybacks}
        wanted = {one.external_id: one for changes in plans for one in changes.paybacks}
        made = in_one_call(list(wanted.values()), self._load)
        self.ids.update({one.external_id: payment_id for one, payment_id in made.done})
        posted = in_one_call([one for one, _ in made.done], self._post)
        for one, failure in (*made.failed, *posted.failed):
            self.failed[whose[one.external_id].record_id] = failure
        alive = [changes for changes in plans if changes.record_id not in self.failed]
        self.store.remember(
            [
                ("payback", one.transaction_id, self.ids[one.external_id], one.memo)
                for changes in alive
                for one in changes.paybacks
            ]
        )
        self._read_lines(alive)
        for changes in alive:
            self._match(changes)

    def _load(self, payments: Sequence[PlannedPayback]) -> Sequence[int]:
        fields = payback_fields(self.store.odoo_fields)
        return self.store.odoo.load("account.payment", fields, [payback_row(one) for one in payments]).ids

    def _post(self, payments: Sequence[PlannedPayback]) -> Sequence[int]:
        """Posted a second time, a payment stays as it is."""
        ids = [self.ids[one.external_id] for one in payments]
        self.store.odoo.call("account.payment", "action_post", [ids], write=True, records=len(ids))
        return ids

    def _read_lines(self, plans: Sequence[Changes]) -> None:
        checked = [changes for changes in plans if changes.check.outstanding is not None or changes.paybacks]
        moves = {one for changes in checked for one in changes.check.invoice_ids}
        moves |= {self.credit_ids[changes.record_id] for changes in checked if changes.record_id in self.credit_ids}
        payments = {one for changes in checked for one in changes.check.payment_ids}
        payments |= {payment_id for changes in checked for payment_id in self.ids_of(changes)}
        self.lines = read_receivables(self.store.odoo, moves, payments)

    def _match(self, changes: Changes) -> None:
        """Each open payment with the credit note, as far as that is open; a draft takes none."""
        credit_id = self.credit_ids.get(changes.record_id)
        owed = sum((-line.residual for line in self.lines if line.move_id == credit_id and line.posted), Decimal(0))
        for payment_id in self.ids_of(changes):
            open_lines = [
                line for line in self.lines if line.payment_id == payment_id and line.residual and line.posted
            ]
            for line in open_lines:
                if credit_id is None or owed <= 0:
                    return
                owed -= line.residual
                self._assign(changes, credit_id, line)

    def _assign(self, changes: Changes, credit_id: int, line: Receivable) -> None:
        """A repeat is refused as reconciled already: whether it is, its line tells."""
        try:
            self.store.odoo.call("account.move", "js_assign_outstanding_line", [credit_id, line.id], write=True)
        except Rejected as refusal:
            now = read_receivables(self.store.odoo, (), [line.payment_id or 0])
            if any(one.residual for one in now):
                self.failed[changes.record_id] = refusal

    def ids_of(self, changes: Changes) -> tuple[int, ...]:
        return tuple(self.ids[one.external_id] for one in changes.paybacks if one.external_id in self.ids)

    def open_amount(self, changes: Changes, done: Sequence[Changes]) -> Decimal | None:
        """What the order's documents and payments come to together: matching moves nothing of it.

        `done` are all refunds that went through; None while another refund of the order is missing among them.
        """
        check, mates = changes.check, _mates(changes, done)
        if check.outstanding is None or not {*check.open_refunds} <= {one.refund_id for one in mates}:
            return None
        moves = {*check.invoice_ids, *(self.credit_ids.get(one.record_id, 0) for one in mates)}
        payments = {*check.payment_ids, *(payment_id for one in mates for payment_id in self.ids_of(one))}
        mine = [line for line in self.lines if line.move_id in moves or (line.payment_id or 0) in payments]
        return sum((line.amount for line in mine), Decimal(0))

    def unregistered(self, changes: Changes, done: Sequence[Changes]) -> Decimal:
        """Money that moved in Shopify and is no payment in Odoo, now that these are done."""
        paid = {one.transaction_id for mate in _mates(changes, done) for one in mate.paybacks}
        amounts = (amount.amount for one, amount in changes.check.transactions if one not in paid)
        return sum(amounts, Decimal(0))


def _mates(changes: Changes, done: Sequence[Changes]) -> list[Changes]:
    """Those of the same order, itself among them."""
    return [one for one in done if one.sale.id == changes.sale.id]
