"""What becomes of one customer: pure, so that a dry run is this plan printed.

Both sides have a digest of their own, kept together on the record: so it is known which of them changed since they
last agreed, and what Tandem wrote itself changes neither. Nothing is ever cleared or deleted on the other side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from libs.common.domain.customers import OdooContact, ShopCustomer
from libs.common.domain.outcomes import Hold, Ignore, Needs, Nothing
from libs.common.domain.rules import StoreRules
from libs.common.domain.rules_customers import CustomerRules, Direction, MergedContact, Winner
from services.workers.customers.contact import (
    consent_of,
    consent_wanted,
    contact_values,
    differing,
    new_addresses,
    odoo_digest,
    shop_addresses,
    shop_digest,
    shop_values,
)
from services.workers.customers.matching import match_contact
from services.workers.customers.model import (
    ERASED,
    FROM_ODOO,
    MERGED_INTO,
    MOVING,
    ArchiveContact,
    Changes,
    MoveLink,
    NewInShop,
    Situation,
    ToOdoo,
    ToShopify,
)

Decision = Changes | Hold | Ignore | Needs | Nothing
GONE = "deleted in Shopify: its contact stays in Odoo"
BETWEEN = "."


def plan(situation: Situation, rules: StoreRules) -> Decision:
    """Decide about one customer, or one contact of Odoo's."""
    mine = rules.customers
    if ERASED in situation.told:
        return Ignore("erased on request (customers/redact)")
    if mine.sync is Direction.OFF:
        return Ignore("customers.sync: off")
    if situation.source_id.startswith(FROM_ODOO):
        return _from_odoo(situation, mine)
    customer = situation.customer
    if customer is None:
        return _merged(situation, mine) if MERGED_INTO in situation.told else Ignore(GONE)
    if situation.contact is not None:
        return _pair(situation, customer, situation.contact, mine)
    if situation.linked_id is not None:
        return Ignore("its contact was deleted in Odoo; an order of the customer makes another one")
    if not mine.sync.to_odoo:
        return Ignore(f"customers.sync: {mine.sync.value}")
    return _first(situation, customer, mine)


def both_digests(shop: str, odoo: str) -> str:
    return f"{shop}{BETWEEN}{odoo}"


def _first(situation: Situation, customer: ShopCustomer, mine: CustomerRules) -> ToOdoo:
    """A customer that is not linked: to the contact it matches, or to a new one."""
    found = match_contact(customer, situation.candidates, situation.taken)
    if found:
        contact, by = found
        return _to_odoo(situation, customer, contact, mine, complete=True, notes={"linked": contact.name, "by": by})
    wanted = contact_values(customer, situation.facts, situation.languages)
    return ToOdoo(
        record_id=situation.record_id,
        version=customer.updated_at,
        name=customer.name or customer.email,
        ref=f"{situation.module}.customer_{customer.id}",
        values=wanted,
        wanted=wanted,
        addresses=new_addresses(customer, situation.facts, situation.module, wanted, ()),
        tags=consent_wanted(customer, mine),
        tag_ids=(),
        shop_digest=shop_digest(customer),
        notes={"made": wanted["name"]},
    )


def _to_odoo(
    situation: Situation,
    customer: ShopCustomer,
    contact: OdooContact,
    mine: CustomerRules,
    *,
    complete: bool,
    notes: Mapping[str, Any],
    and_shop: ToShopify | None = None,
) -> ToOdoo:
    """`complete` fills what the contact lacks and leaves what it has."""
    wanted = contact_values(customer, situation.facts, situation.languages)
    present = dict(contact.values)
    if complete:
        wanted = _lacking(wanted, present)
    changes = differing(wanted, present)
    consent = consent_wanted(customer, mine)
    if complete:  # consent that somebody noted in Odoo is not taken back by a shop that has never asked
        consent = {tag: given for tag, given in consent.items() if given}
    after = {**present, **changes}
    return ToOdoo(
        record_id=situation.record_id,
        version=customer.updated_at,
        name=customer.name or customer.email,
        ref=contact.id,
        values=changes,
        wanted=wanted,
        addresses=new_addresses(customer, situation.facts, situation.module, after, contact.addresses),
        tags=consent,
        tag_ids=contact.tag_ids,
        shop_digest=shop_digest(customer),
        notes={**notes, **({"changed": sorted(changes)} if changes else {})},
        and_shop=and_shop,
    )


def _lacking(wanted: Mapping[str, str], present: Mapping[str, str]) -> dict[str, str]:
    """Fields that the contact has not; its address is one whole."""
    place = any(present.get(name) for name in ("street", "city", "zip"))
    kept = {name: value for name, value in wanted.items() if name in {"name", "email", "phone", "lang"}}
    at = {} if place else {name: value for name, value in wanted.items() if name not in kept}
    return {name: value for name, value in kept.items() if not present.get(name)} | at


def _pair(situation: Situation, customer: ShopCustomer, contact: OdooContact, mine: CustomerRules) -> Decision:
    shop, odoo = shop_digest(customer), odoo_digest(contact, situation.tags)
    kept_shop, _, kept_odoo = (situation.synced_digest or "").partition(BETWEEN)
    if not kept_odoo:
        return _first_look(situation, customer, contact, mine)
    shop_changed, odoo_changed = shop != kept_shop, odoo != kept_odoo
    if shop_changed and odoo_changed and mine.sync is Direction.BOTH:
        notes = {"both_changed": True, "winner": mine.winner.value}
        if mine.winner is Winner.ODOO:
            return _to_shop(situation, customer, contact, notes=notes)
        return _to_odoo(situation, customer, contact, mine, complete=False, notes=notes)
    if shop_changed and mine.sync.to_odoo:
        return _to_odoo(situation, customer, contact, mine, complete=False, notes={})
    if odoo_changed and mine.sync.to_shop:
        return _to_shop(situation, customer, contact, notes={})
    return Nothing(both_digests(shop, odoo))


def _first_look(situation: Situation, customer: ShopCustomer, contact: OdooContact, mine: CustomerRules) -> Decision:
    """A pair that orders or a match have linked: what one side lacks is filled in, where the rule goes that way."""
    back = _to_shop(situation, customer, contact, notes={}, complete=True) if mine.sync.to_shop else None
    if not mine.sync.to_odoo:
        return back or Nothing(both_digests(shop_digest(customer), odoo_digest(contact, situation.tags)))
    differs = differing(contact_values(customer, situation.facts, situation.languages), dict(contact.values))
    notes = {"linked": contact.name, **({"differs": sorted(differs)} if differs else {})}
    return _to_odoo(situation, customer, contact, mine, complete=True, notes=notes, and_shop=back)


def _to_shop(
    situation: Situation,
    customer: ShopCustomer,
    contact: OdooContact,
    *,
    notes: Mapping[str, Any],
    complete: bool = False,
) -> ToShopify:
    values = shop_values(contact, customer, situation.languages)
    addresses = shop_addresses(contact, customer, situation.facts)
    consent = {
        kind: given
        for kind, given in consent_of(contact, situation.tags).items()
        if given != (_state(customer, kind) == "SUBSCRIBED") and (customer.email if kind == "email" else customer.phone)
    }
    if complete:
        has = {"firstName": customer.name, "lastName": customer.name, "email": customer.email, "phone": customer.phone}
        values = {name: value for name, value in values.items() if not has.get(name, "x")}
        addresses = tuple(one for one in addresses if not one.default or not customer.addresses)
        # What a customer has refused in the shop, Odoo's older note does not take back.
        never = {"NOT_SUBSCRIBED", "NEVER_SUBSCRIBED"}
        consent = {kind: given for kind, given in consent.items() if given and _state(customer, kind) in never}
    return ToShopify(
        record_id=situation.record_id,
        name=customer.name or customer.email,
        customer_id=customer.id,
        contact=contact,
        values=values,
        addresses=addresses,
        consent=consent,
        odoo_digest=odoo_digest(contact, situation.tags),
        notes={**notes, **({"changed_in_shopify": sorted(values)} if values else {})},
    )


def _state(customer: ShopCustomer, kind: str) -> str:
    return customer.email_consent if kind == "email" else customer.sms_consent


def _from_odoo(situation: Situation, mine: CustomerRules) -> Decision:
    contact = situation.contact
    rule = _left_out(situation, contact, mine)
    if rule is not None or contact is None:
        return Ignore(rule or "deleted in Odoo")
    return NewInShop(
        record_id=situation.record_id,
        version=contact.written_at,
        contact=contact,
        email=contact.email,
        phone=contact.phone,
        values=shop_values(contact, None, situation.languages),
    )


def _left_out(situation: Situation, contact: OdooContact | None, mine: CustomerRules) -> str | None:
    """The rule that leaves a contact of Odoo's out."""
    if not mine.sync.to_shop:
        return f"customers.sync: {mine.sync.value}"
    if contact is None:
        return "deleted in Odoo"
    if situation.paired:
        return f"is {situation.paired}"
    if not contact.active:
        return "archived in Odoo"
    if contact.parent_id is not None:
        return "a contact of another one"
    if contact.is_company:
        return "a company: companies come from Shopify"
    if mine.contact_tag and situation.tags.only not in contact.tag_ids:
        return f"customers.contact_tag: without the tag {mine.contact_tag!r}"
    if not mine.contact_tag and not contact.customer:
        return "no customer in Odoo so far (nothing was invoiced), and customers.contact_tag names no tag"
    if not contact.email and not contact.phone:
        return "neither an e-mail address nor a phone number in international form"
    return None


def _merged(situation: Situation, mine: CustomerRules) -> Decision:
    """It was merged into another customer: its contact goes over, or is the second one of one person."""
    to, contact, kept = situation.told[MERGED_INTO], situation.contact, situation.kept
    done = Ignore(f"merged into customer {to} in Shopify")
    if MOVING in situation.told:
        return MoveLink(situation.record_id, situation.source_id, to, None)
    if situation.linked_id is None or contact is None:
        return done
    if kept is None:
        # Either it has no contact, or a person merged the two in Odoo and this one is what is left.
        return MoveLink(situation.record_id, situation.source_id, to, situation.kept_id)
    if not contact.active:
        return done
    if mine.merged is MergedContact.ARCHIVE and mine.sync.to_odoo:
        return ArchiveContact(situation.record_id, contact.id, to)
    return Hold(
        "merged_contacts",
        f"customer {situation.source_id} was merged into {to} in Shopify; in Odoo they are two contacts, "
        f"{contact.name} ({contact.id}) and {kept.name} ({kept.id})",
        "merge the two contacts in Odoo (Contacts, Actions, Merge) or archive the first, then retry",
        {"contact_id": contact.id, "kept_contact_id": kept.id, "customer_id": to},
    )
