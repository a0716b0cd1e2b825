"""What a request for privacy asks for: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from libs.common.domain.outcomes import Hold, Nothing
from services.workers.privacy.model import BETWEEN_NAMES, REDACT, REQUEST, SHOP, CarryOut, Situation

#: A name shorter than this, or of one word, is part of too many other words.
NAME_LENGTH = 5


def plan(situation: Situation) -> CarryOut | Hold | Nothing:
    """`Nothing` once a person has closed it; a request that cannot be read is a person's at once.

    What is asked for once more, also after it was closed, is carried out once more.
    """
    told, received = situation.told, situation.received
    finished = [told[name] for name in ("erased_at", "closed_at") if name in told]
    again = received is not None and bool(finished) and received > datetime.fromisoformat(max(finished))
    if "closed_at" in told and not again:
        return Nothing("closed")
    kind = told.get("kind", "")
    if kind not in {REDACT, REQUEST, SHOP} or (kind != SHOP and not told.get("customer")):
        return Hold(
            "privacy_unreadable",
            f"Shopify sent {kind or 'a request for privacy'} without saying whom it is about",
            "look for it in the shop's admin, carry it out by hand, then `tandem privacy done`",
            {"kind": kind},
        )
    found = {"received": received.isoformat()} if received and (again or "received" not in told) else {}
    if situation.contact_id is not None:
        found["contact"] = str(situation.contact_id)
    if situation.sale_orders:
        found["sale_orders"] = ", ".join(situation.sale_orders)
    names = whole_names(situation.names)
    if kind == REDACT and names:
        found["names"] = BETWEEN_NAMES.join(names)
    return CarryOut(
        record_id=situation.record_id,
        kind=kind,
        customer=told.get("customer", ""),
        records=situation.records,
        words=tuple(word for word in (told.get("email", ""), told.get("phone", ""), *names) if word),
        found=found,
        done_before="erased_at" in told and not again,
        earlier=_earlier(told) if again else "",
    )


def whole_names(names: Iterable[str]) -> tuple[str, ...]:
    """Those that name somebody wherever they stand."""
    return tuple(name for name in map(str.strip, names) if len(name) >= NAME_LENGTH and " " in name)


def _earlier(told: Mapping[str, str]) -> str:
    """For the receipt: what was done the last time."""
    done = [f"erased {told['erased_at']}"] if "erased_at" in told else []
    done += [f"closed by {told.get('closed_by')} {told['closed_at']}"] if "closed_at" in told else []
    return "; ".join([*([told["earlier"]] if "earlier" in told else []), *done])


def task(kind: str, record_id: str, told: dict[str, str]) -> Hold | None:
    """What is left for a person in Odoo; None when nothing of it is there."""
    contact, orders = told.get("contact", ""), told.get("sale_orders", "")
    places = [f"contact {contact}"] if contact else []
    places += [f"orders {orders}"] if orders else []
    there = " and ".join(places)
    done = f"then `tandem privacy done {record_id} --by NAME`"
    details = {name: told[name] for name in ("customer", "orders", "contact", "sale_orders") if told.get(name)}
    if kind == REQUEST:
        return Hold(
            "privacy_data_requested",
            f"customer {told.get('customer')} asks for the data that is kept of them"
            + (f"; in Odoo: {there}" if there else "; no link to Odoo is known"),
            f"`tandem privacy export {record_id}` gives the ledger's part; add Odoo's and hand it over, {done}",
            details,
        )
    if kind == SHOP:
        return Hold(
            "privacy_shop_erased",
            "Shopify asks to erase what is kept of the shop; the ledger has done so, Odoo and the store's keys remain",
            f"decide what of the shop's customers stays in Odoo, revoke the store's keys, {done}",
            details,
        )
    if not there:
        return None
    return Hold(
        "privacy_in_odoo",
        f"customer {told.get('customer')} is to be erased; the ledger has done so, in Odoo there is {there}",
        "anonymise or archive the contact in Odoo, and the buyer of that name below a company that an order was for"
        f" (what the law makes you keep, invoices, stays), {done}",
        details,
    )
