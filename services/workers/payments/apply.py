"""Writes payments to Odoo and matches them with their invoices, in few calls, each of which may be repeated.

`load` finds a payment that it made before; `action_post` of a posted one does nothing from 18 on and is refused
before; a line that is used up cannot be matched again. So after a lost answer the same steps find what was done.
Odoo's register wizard is not used: tried twice, it pays twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from libs.common.domain.money import Money
from libs.common.errors import Failure, Rejected
from libs.common.odoo.cells import Cell
from libs.common.odoo.sale_orders import decimal
from services.workers.batching import in_one_call
from services.workers.context import StoreContext
from services.workers.payments.model import Applied, PlannedPayment

#: Another worker may match at the same time; each refusal is looked into this often.
MATCH_ROUNDS = 3
RECEIVABLE = "asset_receivable"
_LINE_FIELDS = ("move_id", "payment_id", "account_id", "currency_id", "amount_currency", "amount_residual_currency")


def apply(plans: Sequence[PlannedPayment], store: StoreContext) -> list[Applied | Failure]:
    """One answer for each plan, in its order; raises a `Failure` only when the whole batch is to wait.

    At most a load, an `action_post` and a read for all of them, and one call for each payment and what it is matched
    with: an invoice, a credit note, or (change) a payment that brought more than was due.
    After a refusal a read and a call more tell what another worker has done meanwhile.
    """
    run = _Run(plans, store)
    run.make([plan for plan in plans if plan.payment_id is None])
    run.post([plan for plan in run.alive() if not plan.posted])
    run.read(run.alive())
    run.match(run.alive())
    return [run.answer(plan) for plan in plans]


def look_again(answers: Sequence[Applied], store: StoreContext) -> list[Applied]:
    """As Odoo has them after the last match: one read for all, none when nothing was matched."""
    matched = [one for one in answers if one.matched]
    if not matched:
        return list(answers)
    run = _Run([one.plan for one in answers], store)
    run.payment_ids = {one.plan.external_id: one.payment_id for one in answers}
    run.read([one.plan for one in matched])
    return [replace(run.applied(one.plan), matched=one.matched) if one.matched else one for one in answers]


@dataclass(slots=True)
class _Line:
    """A receivable line of a posted entry. Amounts are in its own currency, without their sign."""

    id: int
    move_id: int
    account_id: int
    currency_id: int
    amount: Decimal
    residual: Decimal


class _Run:
    """What one batch has made so far, by external id; what failed drops out of the later calls."""

    def __init__(self, plans: Sequence[PlannedPayment], store: StoreContext) -> None:
        self.store = store
        self.plans = plans
        self.failed: dict[str, Failure] = {}
        self.payment_ids = {plan.external_id: plan.payment_id for plan in plans if plan.payment_id is not None}
        self.names: dict[int, str] = {}
        self.paying: dict[int, _Line] = {}
        """Payment id to its receivable line."""
        self.paid: dict[int, list[_Line]] = {}
        """Invoice id to its receivable lines: several where its payment term has parts."""
        self.matched: dict[str, dict[int, Decimal]] = {plan.external_id: {} for plan in plans}

    def alive(self) -> list[PlannedPayment]:
        return [plan for plan in self.plans if plan.external_id not in self.failed]

    def make(self, plans: Sequence[PlannedPayment]) -> None:
        results = in_one_call(plans, self._load)
        self.payment_ids.update({plan.external_id: payment_id for plan, payment_id in results.done})
        self._fail(results.failed)

    def _load(self, plans: Sequence[PlannedPayment]) -> Sequence[int]:
        fields = ["id", "payment_type", "partner_type", "partner_id/.id", "amount", "currency_id/.id", "date",
                  "journal_id/.id", self.store.odoo_fields.payment_memo]  # fmt: skip
        rows: list[list[Cell]] = [
            [plan.external_id, "outbound" if plan.outbound else "inbound", "customer", plan.partner_id,
             plan.amount.amount, plan.currency_id, plan.date, plan.journal_id, plan.memo]
            for plan in plans
        ]  # fmt: skip
        return self.store.odoo.load("account.payment", fields, rows).ids

    def post(self, plans: Sequence[PlannedPayment]) -> None:
        """Post all at once. After a refusal the states are read: before 18 a posted one is refused, and with it all."""
        if not plans:
            return
        try:
            self._action_post(plans)
            return
        except Rejected:
            domain = [("id", "in", [self._id(plan) for plan in plans]), ("state", "=", "draft")]
            drafts = {row["id"] for row in self.store.odoo.search_read("account.payment", domain, ["state"])}
        left = [plan for plan in plans if self._id(plan) in drafts]
        self._fail(in_one_call(left, self._action_post).failed)

    def _action_post(self, plans: Sequence[PlannedPayment]) -> Sequence[int]:
        ids = [self._id(plan) for plan in plans]
        self.store.odoo.call("account.payment", "action_post", [ids], write=True, records=len(ids))
        return ids

    def read(self, plans: Sequence[PlannedPayment]) -> None:
        """The receivable lines of these payments and of what they pay; those of drafts do not count."""
        if not plans:
            return
        payment_ids = sorted({self._id(plan) for plan in plans} | {one for plan in plans for one in self._others(plan)})
        move_ids = sorted({move_id for plan in plans for move_id in plan.move_ids})
        # Odoo 19 would match a draft invoice without a word.
        domain = ["|", ("move_id", "in", move_ids), ("payment_id", "in", payment_ids),
                  ("account_type", "=", RECEIVABLE), ("parent_state", "=", "posted")]  # fmt: skip
        rows = self.store.odoo.search_read("account.move.line", domain, _LINE_FIELDS)
        for move_id in move_ids:
            self.paid[move_id] = [_line(row) for row in rows if many2one_id(row["move_id"]) == move_id]
        for row in rows:
            payment_id = many2one_id(row["payment_id"])
            if payment_id:
                self.paying[payment_id] = _line(row)
                self.names[payment_id] = str(row["payment_id"][1])

    def match(self, plans: Sequence[PlannedPayment]) -> None:
        """Each with its invoices, change with what payments brought too much, as far as both reach."""
        left = list(plans)
        for last in (False,) * (MATCH_ROUNDS - 1) + (True,):
            refused = [(plan, failure) for plan in left if (failure := self._match(plan))]
            if not refused:
                return
            if last:
                self._fail(refused)
                return
            left = [plan for plan, _ in refused]
            self.read(left)

    def _match(self, plan: PlannedPayment) -> Rejected | None:
        line = self.paying.get(self._id(plan))
        for move_id, lines in self._against(plan).items() if line else ():
            assert line is not None  # noqa: S101 - for the type checker: there is a move only with a line
            fitting = [one for one in lines if _fit(one, line)]
            amount = min(line.residual, sum((one.residual for one in fitting), Decimal(0)))
            if not amount:
                continue
            try:
                arguments = [move_id, line.id]
                self.store.odoo.call("account.move", "js_assign_outstanding_line", arguments, write=True)
            except Rejected as refusal:
                return refusal
            self.matched[plan.external_id][move_id] = amount
            _take(line, fitting, amount)
        return None

    def _against(self, plan: PlannedPayment) -> dict[int, list[_Line]]:
        """What the payment is matched with: receivable lines by the entry they are in."""
        found = {move_id: self.paid.get(move_id, []) for move_id in plan.move_ids}
        lines = [self.paying[one] for one in self._others(plan) if one in self.paying]
        return found | {line.move_id: [line] for line in lines}

    def _others(self, plan: PlannedPayment) -> list[int]:
        """The payments that it is set off against."""
        found = [known or self.payment_ids.get(external_id) for external_id, known in plan.set_off.items()]
        return [one for one in found if one]

    def answer(self, plan: PlannedPayment) -> Applied | Failure:
        failure = self.failed.get(plan.external_id)
        if failure is None:
            return self.applied(plan)
        if plan.external_id in self.payment_ids:
            failure.details = {**failure.details, "payment_id": self._id(plan), "amount": str(plan.amount)}
        return failure

    def applied(self, plan: PlannedPayment) -> Applied:
        payment_id, currency = self._id(plan), plan.amount.currency
        line = self.paying.get(payment_id)
        if line is None:
            return Applied(plan, payment_id)
        owed = [one.residual for lines in self._against(plan).values() for one in lines]
        # Another currency shows as such: a payment in it is not the one that was planned.
        booked = currency if line.currency_id == plan.currency_id else f"currency {line.currency_id}"
        return Applied(
            plan,
            payment_id,
            name=self.names[payment_id],
            booked=Money(line.amount, booked),
            left=Money(line.residual, currency),
            owed=Money(sum(owed, Decimal(0)), currency),
            matched=self.matched[plan.external_id],
        )

    def _id(self, plan: PlannedPayment) -> int:
        return self.payment_ids[plan.external_id]

    def _fail(self, failed: Iterable[tuple[PlannedPayment, Failure]]) -> None:
        """Change is not given for cash that was not booked: its payment waits, made but not posted."""
        self.failed.update({plan.external_id: failure for plan, failure in failed})
        for plan in self.alive():
            if plan.change_of in self.failed:
                self.failed[plan.external_id] = copy(self.failed[plan.change_of])


def _line(row: Mapping[str, Any]) -> _Line:
    return _Line(
        id=row["id"],
        move_id=many2one_id(row["move_id"]),
        account_id=many2one_id(row["account_id"]),
        currency_id=many2one_id(row["currency_id"]),
        amount=abs(decimal(row["amount_currency"])),
        residual=abs(decimal(row["amount_residual_currency"])),
    )


def _fit(invoice: _Line, payment: _Line) -> bool:
    """Odoo matches lines of one account only; of two currencies it would match by the company's."""
    return invoice.account_id == payment.account_id and invoice.currency_id == payment.currency_id


def _take(line: _Line, paid: Sequence[_Line], amount: Decimal) -> None:
    """Note what Odoo has just matched, so that the next payment of the batch knows."""
    line.residual -= amount
    for one in paid:
        taken = min(one.residual, amount)
        one.residual -= taken
        amount -= taken


def many2one_id(value: Any) -> int:
    """The id of what search_read gives for a many2one: `[7, "Bank"]`, or false."""
    return int(value[0]) if isinstance(value, (list, tuple)) and value else 0
