"""What becomes of one customer: pure, so that a dry run is this plan printed.

Each part of both sides has a digest, kept together on the record: so it is known which side changed what since they
last agreed, and what Tandem wrote itself is no change. Nothing is ever cleared or deleted on the other side.
"""

from __future__ import annotations

from libs.common.domain.contact_matching import Doubt, match_contact
from libs.common.domain.customers import OdooContact, ShopCustomer
from libs.common.domain.outcomes import Hold, Ignore, Needs, Nothing
from libs.common.domain.rules import StoreRules
from libs.common.domain.rules_customers import CustomerRules, Direction, MergedContact, Winner
from services.workers.customers.contact import contact_values, differing, shop_values, unmarked, untagged
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
)
from services.workers.customers.older import agreed_on_customer
from services.workers.customers.parts import changed, read_agreed
from services.workers.customers.sides import EVERYTHING, before, new_in_odoo, to_odoo, to_shop

Decision = Changes | Hold | Ignore | Needs | Nothing
GONE = "deleted in Shopify: its contact stays in Odoo"
UNREACHABLE = "neither an e-mail address nor a phone number in international form"


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
        return _merged(situation, mine) if situation.told.get(MERGED_INTO) else Ignore(GONE)
    if situation.waits_for is not None:
        return Needs(situation.waits_for)
    if situation.contact is not None:
        return _pair(situation, customer, situation.contact, mine)
    if situation.linked_id is not None:
        return Ignore("its contact was deleted in Odoo; an order of the customer makes another one")
    if not mine.sync.to_odoo:
        return Ignore(f"customers.sync: {mine.sync.value}")
    return _first(situation, customer, mine)


def _first(situation: Situation, customer: ShopCustomer, mine: CustomerRules) -> Decision:
    """A customer that is not linked: to the contact it matches, or to a new one."""
    found = match_contact(customer, situation.candidates, situation.taken, mine.same_phone)
    if isinstance(found, Doubt):
        return _ask(customer, found)
    if found:
        notes = {"linked": found.contact.name, "by": found.by}
        return to_odoo(situation, customer, found.contact, mine, EVERYTHING, complete=True, notes=notes)
    return new_in_odoo(situation, customer, mine)


def _ask(customer: ShopCustomer, doubt: Doubt) -> Hold:
    named = ", ".join(f"{one.name} ({one.id}, {one.email or 'without e-mail'})" for one in doubt.candidates)
    return Hold(
        "contact_by_phone",
        f"{customer.name or 'a customer'} ({customer.email or 'without e-mail'}) has the phone number {doubt.phone}; "
        f"in Odoo it is that of {named}",
        "is it one of them, give that contact the customer's e-mail address; is it not, make a contact with it; then "
        "retry (or see `customers.same_phone`)",
        {"phone": doubt.phone, "contact_ids": [one.id for one in doubt.candidates], "customer_id": customer.id},
    )


def _pair(situation: Situation, customer: ShopCustomer, contact: OdooContact, mine: CustomerRules) -> Decision:
    """Each part goes over from the side that changed it; where both did, from the one that the rule names."""
    now, text = before(situation, customer, contact), situation.synced_digest
    agreed = read_agreed(text) or agreed_on_customer(text, now, customer, contact, situation.tags)
    if agreed is None:
        return _first_look(situation, customer, contact, mine)
    there, here = changed(now.shop, agreed.shop), changed(now.odoo, agreed.odoo)
    both = there & here if mine.sync is Direction.BOTH else frozenset()
    over = there - (both if mine.winner is Winner.ODOO else frozenset()) if mine.sync.to_odoo else frozenset()
    back = here - (both if mine.winner is Winner.SHOPIFY else frozenset()) if mine.sync.to_shop else frozenset()
    notes = {"both_changed": sorted(both), "winner": mine.winner.value} if both else {}
    told = to_shop(situation, customer, contact, back, notes={} if over else notes) if back else None
    if over:
        return to_odoo(situation, customer, contact, mine, over, notes=notes, and_shop=told)
    return told if told and (told.values or told.addresses or told.consent) else Nothing(now.text)


def _first_look(situation: Situation, customer: ShopCustomer, contact: OdooContact, mine: CustomerRules) -> Decision:
    """A pair that orders or a match have linked: what one side lacks is filled in, where the rule goes that way."""
    back = to_shop(situation, customer, contact, EVERYTHING, complete=True, notes={}) if mine.sync.to_shop else None
    if not mine.sync.to_odoo:
        return back or Nothing(before(situation, customer, contact).text)
    differs = differing(contact_values(customer, situation.facts, situation.languages), dict(contact.values))
    notes = {"linked": contact.name, **({"differs": sorted(differs)} if differs else {})}
    return to_odoo(situation, customer, contact, mine, EVERYTHING, complete=True, notes=notes, and_shop=back)


def _from_odoo(situation: Situation, mine: CustomerRules) -> Decision:
    contact = situation.contact
    rule = _left_out(situation, contact, mine)
    if rule is not None or contact is None:
        return Ignore(rule or "deleted in Odoo")
    if situation.waits_for is not None:
        return Needs(situation.waits_for)
    return NewInShop(
        record_id=situation.record_id,
        version=contact.written_at,
        contact=contact,
        email=contact.email,
        phone=contact.phone,
        values=shop_values(contact, None, situation.languages),
        companies=situation.companies,
    )


def _left_out(situation: Situation, contact: OdooContact | None, mine: CustomerRules) -> str | None:
    """The rule that leaves a contact of Odoo's out."""
    if not mine.sync.to_shop:
        return f"customers.sync: {mine.sync.value}"
    if contact is None:
        return "deleted in Odoo"
    if situation.paired:
        return f"is {situation.paired}"
    if situation.buys_as:
        return f"buys as customer {situation.buys_as}, whose contact is another one"
    if not contact.active:
        return "archived in Odoo"
    if contact.is_company:
        return "a company: it is no customer"
    if contact.parent_id is not None:
        return _left_out_below(situation, contact, mine)
    if rule := unmarked(contact, mine, situation.tags.only):
        return rule
    return None if contact.email or contact.phone else UNREACHABLE


def _left_out_below(situation: Situation, contact: OdooContact, mine: CustomerRules) -> str | None:
    """The people of a company that goes to Shopify go with it."""
    above = situation.above
    if not mine.companies_to_shop or not contact.below or above is None or not above.is_company:
        return "a contact of another one"
    if rule := untagged(contact, mine, situation.tags.only):
        return rule
    if situation.waits_for is None and not situation.companies:
        return f"its company {above.name} does not go to Shopify"
    return None if contact.email or contact.phone else UNREACHABLE


def _merged(situation: Situation, mine: CustomerRules) -> Decision:
    """It was merged into another customer: its contact goes over, or is the second one of one person."""
    to, contact, kept = situation.told[MERGED_INTO], situation.contact, situation.kept
    done = Ignore(f"merged into customer {to} in Shopify")
    if MOVING in situation.told:
        return MoveLink(situation.record_id, situation.source_id, to, None, situation.beside)
    if situation.linked_id is None or contact is None:
        return done
    if kept is None:
        # Either it has no contact, or a person merged the two in Odoo and this one is what is left.
        return MoveLink(situation.record_id, situation.source_id, to, situation.kept_id, situation.beside)
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
