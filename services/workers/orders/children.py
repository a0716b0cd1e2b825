"""What an order tells of other records: payments, refunds and fulfillments that no webhook has announced.

A webhook may never come; whoever reads the order sees what belongs to it and announces what the ledger does not know.
"""

from __future__ import annotations

from collections.abc import Sequence

from libs.common.domain.orders import Order
from libs.common.domain.rules import FromShopify, StoreRules
from libs.common.ledger.model import Hint, State
from services.workers.context import StoreContext

SEEN = "seen in its order"


def children(order: Order, rules: StoreRules) -> list[tuple[str, str]]:
    """Pairs of entity and source id that these rules care about."""
    found = [("refund", one) for one in order.refund_ids]
    if rules.until.registers_payments:
        found += [("payment", one.id) for one in order.transactions if one.is_payment]
    if rules.fulfillments.from_shopify is FromShopify.VALIDATE:
        found += [("fulfillment", one) for one in order.fulfillment_ids]
    return found


def announce(orders: Sequence[Order], store: StoreContext, *, new: bool = False) -> None:
    """Hint what the ledger does not know yet: one read, and a write where there is anything new.

    Of orders that are `new` to Odoo also what was left out: perhaps with the order, by a rule that it satisfies now.
    """
    hints = [
        Hint(store.slug, entity, source_id, name=order.name, why=SEEN)
        for order in orders
        for entity, source_id in children(order, store.rules)
    ]
    if hints:
        known = store.ledger.many([hint.id for hint in hints])
        settled = {one for one, record in known.items() if not (new and record.state is State.IGNORED)}
        store.hint([hint for hint in hints if hint.id not in settled])
