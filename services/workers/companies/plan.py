"""What becomes of one company and its locations: pure.

Each part goes over from the side that changed it since both last agreed; of a part that both changed, the rule names
the winner. Nothing is cleared and nothing deleted on the other side.
"""

from __future__ import annotations

from libs.common.domain.customers import OdooContact, ShopCompany
from libs.common.domain.outcomes import Hold, Ignore, Nothing
from libs.common.domain.rules import StoreRules
from libs.common.domain.rules_customers import CustomerRules, Winner
from services.workers.companies.fingerprints import EVERYTHING, before
from services.workers.companies.matching import match_company
from services.workers.companies.model import EXTERNAL_ID, FROM_ODOO, Changes, NewInShop, Situation, ToShop
from services.workers.companies.to_odoo import new_in_odoo, to_odoo
from services.workers.companies.to_shop import first_location, to_shop
from services.workers.customers.contact import unmarked
from services.workers.customers.older import agreed_on_company
from services.workers.customers.parts import changed, read_agreed

Decision = Changes | Hold | Ignore | Nothing


def plan(situation: Situation, rules: StoreRules) -> Decision:
    """Decide about one company of Shopify's, or one of Odoo's."""
    mine = rules.customers
    if not mine.companies_to_odoo and not mine.companies_to_shop:
        return Ignore(f"customers.sync: {mine.sync.value}, customers.companies: {mine.companies.value}")
    if situation.source_id.startswith(FROM_ODOO):
        return _from_odoo(situation, mine)
    company = situation.company
    if company is None:
        return Ignore("deleted in Shopify: its contact stays in Odoo")
    if situation.linked_id is not None and situation.contact is None:
        return Ignore("its contact was deleted in Odoo; an order of the company makes another one")
    if situation.contact is not None and situation.synced_digest is not None:
        return _pair(situation, company, situation.contact, mine)
    return _first(situation, company, mine)


def _pair(situation: Situation, company: ShopCompany, contact: OdooContact, mine: CustomerRules) -> Decision:
    now, text = before(situation, company, contact), situation.synced_digest
    agreed = read_agreed(text) or agreed_on_company(text, now, company)
    if agreed is None:
        return _first(situation, company, mine)
    there, here = changed(now.shop, agreed.shop), changed(now.odoo, agreed.odoo)
    both = there & here if mine.companies_to_odoo and mine.companies_to_shop else frozenset()
    over = there - (both if mine.winner is Winner.ODOO else frozenset()) if mine.companies_to_odoo else frozenset()
    back = here - (both if mine.winner is Winner.SHOPIFY else frozenset()) if mine.companies_to_shop else frozenset()
    notes = {"both_changed": sorted(both), "winner": mine.winner.value} if both else {}
    told = _told(to_shop(situation, company, contact, back, agreed, notes={} if over else notes), mine)
    if over:
        return to_odoo(situation, company, contact, over, notes=notes, and_shop=told)
    return told or Nothing(now.text)


def _first(situation: Situation, company: ShopCompany, mine: CustomerRules) -> Decision:
    """A company that is not linked, or was by an order: what one side lacks is filled in, as far as the rule goes."""
    contact = situation.contact or match_company(company, situation)
    if contact is None:
        if not mine.companies_to_odoo:
            return Ignore(f"customers.companies: {mine.companies.value}")
        return new_in_odoo(situation, company)
    back = _told(to_shop(situation, company, contact, EVERYTHING, None, notes={}), mine)
    if not mine.companies_to_odoo:
        return back or Nothing(before(situation, company, contact).text)
    return to_odoo(situation, company, contact, EVERYTHING, complete=True, notes={}, and_shop=back)


def _told(changes: ToShop, mine: CustomerRules) -> ToShop | None:
    return changes if mine.companies_to_shop and changes.anything else None


def _from_odoo(situation: Situation, mine: CustomerRules) -> Decision:
    contact = situation.contact
    rule = _left_out(situation, contact, mine)
    if rule is not None or contact is None:
        return Ignore(rule or "deleted in Odoo")
    reference = dict(contact.values).get("ref", "")
    return NewInShop(
        record_id=situation.record_id,
        version=contact.written_at,
        contact=contact,
        external_id=situation.told.get(EXTERNAL_ID) or reference or f"{FROM_ODOO}{contact.id}",
        location=first_location(contact, situation.facts),
    )


def _left_out(situation: Situation, contact: OdooContact | None, mine: CustomerRules) -> str | None:
    """The rule that leaves a contact of Odoo's out."""
    if not mine.companies_to_shop:
        return f"customers.companies: {mine.companies.value}"
    if contact is None:
        return "deleted in Odoo"
    if situation.paired:
        return f"is {situation.paired}"
    if not contact.active:
        return "archived in Odoo"
    if not contact.is_company:
        return "no company"
    if contact.parent_id is not None:
        return "below another one: a location of it"
    return unmarked(contact, mine, situation.only_tag)
