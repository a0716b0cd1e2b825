"""Writes a batch of planned refunds to Odoo in few calls, each of which may be repeated.

credit notes by `load`, read back and compared before they are posted; lower quantities; returns by `load` and
validated; payments that went back by `load`, posted and matched with their credit notes. What an earlier try did is
found by its external id or by its state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from libs.common.errors import Failure, Rejected
from libs.common.odoo.cells import Cell
from libs.common.odoo.errors import RowRefused
from services.workers.batching import Results, in_one_call
from services.workers.context import StoreContext
from services.workers.refunds.compare import credit_hold, missing_amount
from services.workers.refunds.far_side import read_credits
from services.workers.refunds.model import Applied, Changes, CreditNote, PlannedCredit, PlannedProduct
from services.workers.refunds.paybacks import PaybackRun
from services.workers.refunds.plan import carrier
from services.workers.refunds.restock import RestockRun
from services.workers.refunds.rows import ROUNDING_FIELDS, credit_fields, credit_rows, product_table, rounding_row

T = TypeVar("T")
R = TypeVar("R")


def apply(plans: Sequence[Changes], store: StoreContext) -> list[Applied | Failure]:
    """One answer for each plan, in its order; raises a `Failure` only when the whole batch is to wait."""
    run = _Run(store)
    run.make_products(plans)
    run.make_credits(run.alive(plans))
    run.round_credits(run.alive(plans))
    run.post_credits(run.alive(plans))
    going_on = [changes for changes in run.alive(plans) if run.hold(changes) is None]
    restock = RestockRun(store)
    restock.lower(going_on)
    run.failed.update(restock.failed)
    restock.bring_back(run.alive(going_on))
    run.failed.update(restock.failed)
    restock.lower(run.alive(going_on), after=True)
    run.failed.update(restock.failed)
    restock.read_totals(run.alive(going_on))
    paybacks = PaybackRun(store, run.credit_ids)
    paybacks.pay(run.alive(going_on))
    run.failed.update(paybacks.failed)
    done = run.alive(going_on)
    return [run.answer(changes, restock, paybacks, done) for changes in plans]


class _Run:
    """What one batch has made so far, by record id; what failed drops out of the later calls."""

    def __init__(self, store: StoreContext) -> None:
        self.store = store
        self.failed: dict[str, Failure] = {}
        self.credit_ids: dict[str, int] = {}
        self.credits: dict[int, CreditNote] = {}

    def alive(self, plans: Iterable[Changes]) -> list[Changes]:
        return [changes for changes in plans if changes.record_id not in self.failed]

    def hold(self, changes: Changes) -> object | None:
        credit = self._credit(changes)
        return credit_hold(changes, credit) if changes.credit and credit else None

    def make_products(self, plans: Sequence[Changes]) -> None:
        """Carriers of adjustments and rounding that this process has not met yet."""
        wanted = {one.external_id: one for changes in plans for one in changes.products}
        broken = self._make({key: one for key, one in wanted.items() if key not in self.store.made})
        for changes in plans:
            for one in changes.products:
                if one.external_id in broken:
                    self.failed[changes.record_id] = broken[one.external_id]

    def _make(self, wanted: dict[str, PlannedProduct]) -> dict[str, Failure]:
        results = in_one_call(list(wanted.values()), self._load_products)
        self.store.made.update({product.external_id: made for product, made in results.done})
        return {product.external_id: failure for product, failure in results.failed}

    def _load_products(self, products: Sequence[PlannedProduct]) -> Sequence[int]:
        fields, rows = product_table(products, self.store.odoo_fields)
        return self.store.odoo.load("product.product", fields, rows).ids

    def make_credits(self, plans: Sequence[Changes]) -> None:
        with_credit = [(changes, changes.credit) for changes in plans if changes.credit]
        self.credit_ids.update({c.record_id: credit.existing_id for c, credit in with_credit if credit.existing_id})
        missing = [changes for changes, credit in with_credit if not credit.existing_id]
        results = self._each(missing, self._load_credits)
        self.credit_ids.update({changes.record_id: made for changes, made in results.done})
        self._read([self.credit_ids[changes.record_id] for changes, _ in with_credit if self._has_credit(changes)])

    def _load_credits(self, plans: Sequence[Changes]) -> Sequence[int]:
        names, rows = self.store.odoo_fields, list[list[Cell]]()
        for changes in plans:
            rows += credit_rows(_credit_of(changes), self.store.made, names)
        return self.store.odoo.load("account.move", credit_fields(names), rows).ids

    def round_credits(self, plans: Sequence[Changes]) -> None:
        """Close what Odoo's own arithmetic misses, within the tolerance, while the credit note is a draft."""
        wanted = [c for c in plans if (credit := self._credit(c)) and missing_amount(c, credit) is not None]
        if not wanted:
            return
        refs = {_credit_of(c).rounding_product for c in wanted}
        broken = self._make({ref: carrier(ref) for ref in refs if isinstance(ref, str) and ref not in self.store.made})
        for changes in wanted:
            ref = _credit_of(changes).rounding_product
            if isinstance(ref, str) and ref in broken:
                self.failed[changes.record_id] = broken[ref]
        results = self._each(self.alive(wanted), self._load_rounding)
        self._read([self.credit_ids[changes.record_id] for changes, _ in results.done])

    def _load_rounding(self, plans: Sequence[Changes]) -> Sequence[int]:
        rows: list[list[Cell]] = []
        for changes in plans:
            credit, ref = self.credits[self.credit_ids[changes.record_id]], _credit_of(changes).rounding_product
            product = ref if isinstance(ref, int) else self.store.made[ref]
            amount = missing_amount(changes, credit)
            if amount is not None:
                rows.append(
                    rounding_row(_credit_of(changes), credit.id, product, amount, self.store.odoo_fields.price_digits)
                )
        return self.store.odoo.update("account.move", ROUNDING_FIELDS, rows).ids

    def post_credits(self, plans: Sequence[Changes]) -> None:
        """Odoo matches the credit notes of one call with the wrong invoices when two are of the same: one at a time."""
        ready = [c for c in plans if c.post and self._is_draft(c) and self.hold(c) is None]
        posted = bool(ready)
        while ready:
            turn = {_credit_of(changes).invoice_id: changes for changes in reversed(ready)}
            self._post(list(turn.values()))
            ready = [changes for changes in ready if changes not in turn.values()]
        if posted:
            self._read([self.credit_ids[c.record_id] for c in self.alive(plans) if self._has_credit(c)])

    def _post(self, plans: Sequence[Changes]) -> None:
        """All at once. After a refusal the states are read again: another worker may have been faster."""
        try:
            self._action_post(plans)
            return
        except Rejected:
            self._read([self.credit_ids[changes.record_id] for changes in plans])
        self._each([changes for changes in plans if self._is_draft(changes)], self._action_post)

    def _action_post(self, plans: Sequence[Changes]) -> Sequence[int]:
        ids = [self.credit_ids[changes.record_id] for changes in plans]
        self.store.odoo.call("account.move", "action_post", [ids], write=True, records=len(ids))
        return ids

    def _read(self, ids: Sequence[int]) -> None:
        found = read_credits(self.store.odoo, ids)
        for gone in set(ids) - set(found):
            self.credits.pop(gone, None)
        self.credits.update(found)

    def _each(
        self, plans: Sequence[Changes], call: Callable[[Sequence[Changes]], Sequence[int]]
    ) -> Results[Changes, int]:
        results = in_one_call(plans, call)
        for changes, failure in results.failed:
            if isinstance(failure, RowRefused):
                self.store.forget()  # something named in it may have been deleted; the next try reads anew
            self.failed[changes.record_id] = failure
        return results

    def _has_credit(self, changes: Changes) -> bool:
        return changes.record_id in self.credit_ids

    def _credit(self, changes: Changes) -> CreditNote | None:
        return self.credits.get(self.credit_ids.get(changes.record_id, 0))

    def _is_draft(self, changes: Changes) -> bool:
        credit = self._credit(changes)
        return credit is not None and credit.state == "draft"

    def answer(
        self, changes: Changes, restock: RestockRun, paybacks: PaybackRun, done: Sequence[Changes]
    ) -> Applied | Failure:
        """`done` are the refunds of which everything was done."""
        failure = self.failed.get(changes.record_id)
        credit = self._credit(changes)
        if failure is not None:
            if credit is not None:
                failure.details = {**failure.details, "credit_note_id": credit.id, "credit_note": credit.name}
            return failure
        if changes.credit and credit is None:
            what = f"the credit note that was made for {changes.name} is not in Odoo any more"
            return Rejected(what, "odoo", "credit_note_missing", "retry to make it again, if it was deleted by mistake")
        return Applied(
            changes=changes,
            credit=credit,
            return_id=restock.return_ids.get(changes.record_id),
            paid_back=paybacks.of(changes),
            open_amount=paybacks.open_amount(changes, done) if changes in done else None,
            unregistered=paybacks.unregistered(changes, done),
            order_total=restock.totals.get(changes.sale.id),
        )


def _credit_of(changes: Changes) -> PlannedCredit:
    assert changes.credit is not None  # noqa: S101 - the caller has looked
    return changes.credit
