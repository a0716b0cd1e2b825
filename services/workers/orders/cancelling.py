"""Cancels in Odoo what may be cancelled of orders that were cancelled in Shopify, and reads them once more."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from libs.common.domain.outcomes import Hold
from libs.common.domain.sales import SaleOrder
from libs.common.errors import Failure, NeedsFirst
from libs.common.ledger.model import Target, record_id
from libs.common.odoo.sale_orders import read_sale_orders
from services.workers.batching import in_one_call
from services.workers.context import StoreContext
from services.workers.entity import Outcome
from services.workers.orders.cancel import Cancellation, remainder
from services.workers.orders.model import Cancelling

#: Odoo up to 18 answers the cancelling of a confirmed order with a dialogue otherwise, and does nothing.
NO_DIALOGUE = {"disable_cancel_warning": True}


def cancel(plans: Sequence[Cancelling], store: StoreContext) -> list[Outcome | Failure]:
    """One answer for each. At most three writes and one read for all, however many they are."""
    failed: dict[str, Failure] = {}
    for ids_of, model, method in _STEPS:
        wanted = [(plan, ids) for plan in plans if plan.record_id not in failed and (ids := ids_of(plan.steps))]

        def write(
            some: Sequence[tuple[Cancelling, Sequence[int]]], model: str = model, method: str = method
        ) -> list[None]:
            ids = [one for _, many in some for one in many]
            store.odoo.call(model, method, [ids], write=True, context=NO_DIALOGUE, records=len(ids))
            return [None] * len(some)

        results = in_one_call(wanted, write)
        failed |= {plan.record_id: failure for (plan, _), failure in results.failed}
    touched = [plan for plan in plans if not plan.steps.is_done]
    read = read_sale_orders(store.odoo, store.odoo_fields, [plan.steps.order.id for plan in touched], keys=False)
    return [_answer(plan, read, failed.get(plan.record_id), store) for plan in plans]


def _answer(
    plan: Cancelling, read: dict[int, SaleOrder], failure: Failure | None, store: StoreContext
) -> Outcome | Failure:
    before = plan.steps.order
    order = read.get(before.id, before)
    if failure is not None and order.state != "cancel":
        failure.details = {**failure.details, "order_id": order.id, "order": order.name}
        return failure
    left = remainder(plan.order, order, plan.waiting_refunds)
    if isinstance(left, str):
        what = f"{plan.order.name} is cancelled; what was invoiced or delivered waits for its refund {left}"
        return NeedsFirst(what, record_id=record_id(store.slug, "refund", left))
    return Outcome(
        version=plan.order.updated_at,
        digest=plan.digest,
        name=plan.order.name,
        target=Target("sale.order", order.id, order.name),
        hold=left or _not_cancelled(order, plan),
        notes={"order": order.name, "state": order.state, "cancelled": plan.steps.cancel_order},
    )


def _not_cancelled(order: SaleOrder, plan: Cancelling) -> Hold | None:
    if order.state == "cancel":
        return None
    return Hold(
        "order_not_cancelled",
        f"{order.name} is still in state {order.state!r} after it was cancelled, as {plan.order.name} was",
        "cancel it in Odoo and read what Odoo says, then retry",
        {"order_id": order.id, "state": order.state},
    )


def _order(steps: Cancellation) -> Sequence[int]:
    return (steps.order.id,) if steps.cancel_order else ()


_STEPS: tuple[tuple[Callable[[Cancellation], Sequence[int]], str, str], ...] = (
    (_order, "sale.order", "action_cancel"),
    (lambda steps: steps.picking_ids, "stock.picking", "action_cancel"),
    (lambda steps: steps.invoice_ids, "account.move", "button_cancel"),
)
