"""Change that was given for cash: money that goes back, matched with the payment of the sale it was given for. Pure."""

from __future__ import annotations

from libs.common.domain.money import Money
from libs.common.domain.orders import Order
from libs.common.domain.outcomes import Hold, Ignore, Needs
from libs.common.domain.transactions import Transaction, sale_of
from services.workers.payments.journals import gateway_of
from services.workers.payments.model import ChangeGiven

APART = "change: the amount of its sale is what was due, without it"


def change_given(change: Transaction, order: Order) -> ChangeGiven:
    """What Shopify says of it; what became of its sale's payment the ledger adds."""
    sale = sale_of(change, order.transactions) if change.gives_change else None
    return ChangeGiven(order.change_in_sales, _moved(order), sale.id if sale else "")


def opposite(transaction: Transaction, order: Order) -> list[str]:
    """Ids of the order's transactions in the other direction; of change the sale that it was given for comes first."""
    if transaction.pays:
        return [one.id for one in order.transactions if one.gives_change and order.change_in_sales]
    sale = sale_of(transaction, order.transactions)
    came = [one.id for one in order.transactions if one.pays]
    return sorted(came, key=lambda one: sale is None or one != sale.id)


def not_booked(change: Transaction, given: ChangeGiven | None) -> Ignore | Hold | None:
    """Why the change is no payment of its own: its sale is for what was due, or nobody can tell."""
    if given is None:
        return Ignore("deleted in Shopify")
    if given.in_sales is False:
        return Ignore(APART)
    if given.in_sales and given.sale_id:
        return None
    return Hold(
        "change_given",
        f"{change.amount} went back to the customer as change ({gateway_of(change)}), and what came in less what went"
        " back is not what Shopify says the shop has received, neither with the change nor without it",
        "look at the payments of the order in Shopify and in Odoo: where this much of one stays open in Odoo, enter an"
        " outbound payment there and match the two",
        {"amount": str(change.amount), "transaction_id": change.id, **given.moved},
    )


def waits(given: ChangeGiven) -> Needs | Ignore | None:
    """For the payment of its sale: change is not given for cash that was not booked.

    Then for all else that came in: the cash may have paid the invoice in the place of another payment, which has too
    much then. Of two that do not see each other yet, neither would be matched with the other.
    """
    if given.sale_state == "ignored":
        return Ignore(f"its sale is left out: {given.sale_rule or 'ignored'}")
    if given.sale_state != "synced":
        return Needs(given.sale_record_id)
    return Needs(given.at_work) if given.at_work else None


def _moved(order: Order) -> dict[str, str]:
    def total(found: list[Transaction]) -> str:
        return str(Money.sum((one.amount for one in found), order.currency))

    return {
        "came_in": total([one for one in order.transactions if one.pays]),
        "change": total([one for one in order.transactions if one.gives_change]),
        "went_back": total([one for one in order.transactions if one.pays_back]),
        "net_by_shopify": str(order.net_payment),
    }
