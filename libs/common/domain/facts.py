"""What a plan must know of a store's Odoo company: its currency, taxes, pricelists, countries and tags.

Read rarely and for all orders at once; `libs.common.odoo.facts` fills it in. Ids are Odoo database ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

ROUND_PER_LINE = "round_per_line"
ROUND_GLOBALLY = "round_globally"


@dataclass(frozen=True, slots=True)
class TaxFact:
    """One active sale tax that is a percentage. `rate` is a fraction: 0.2 for 20 %."""

    id: int
    name: str
    rate: Decimal
    included: bool
    """Whether a price in Odoo is understood to contain it."""
    sequence: int = 1


@dataclass(frozen=True, slots=True)
class PricelistFact:
    """One active pricelist that the company may use."""

    id: int
    name: str
    currency: str


@dataclass(frozen=True, slots=True)
class JournalFact:
    """One journal that the company may use, archived ones too."""

    id: int
    name: str
    type: str
    """`bank`, `cash` or `credit` take payments; `sale`, `purchase`, `general` do not."""
    active: bool = True

    @property
    def takes_payments(self) -> bool:
        return self.type in {"bank", "cash", "credit"}


@dataclass(frozen=True, slots=True)
class TermFact:
    """One payment term that the company may use, without discount for early payment."""

    id: int
    name: str
    days: int | None
    """All of it is due so many days after the date of the invoice; None where it is due otherwise, or in parts."""


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """The reference data of one Odoo company."""

    currency: str
    """ISO 4217 code of the company's own currency."""
    rounding: str
    """`round_per_line` or `round_globally`: how the taxes of an order are rounded."""
    price_digits: int | None
    """Decimals that Odoo keeps of a line's unit price; None when it is stored unrounded."""
    taxes: tuple[TaxFact, ...] = ()
    """By sequence, then id: the first that fits is the one Odoo itself would put first."""
    pricelists: Mapping[str, int] = field(default_factory=dict)
    """Currency code to the lowest pricelist id of that currency."""
    countries: Mapping[str, int] = field(default_factory=dict)
    """`US` to the id of the res.country."""
    states: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(`US`, `KY`) to the id of the res.country.state."""
    tags: Mapping[str, int] = field(default_factory=dict)
    """Name of a crm.tag to its id."""
    default_tax_ids: tuple[int, ...] = ()
    """What Odoo puts on a product that names no tax."""
    currencies: Mapping[str, int] = field(default_factory=dict)
    """Active currencies: code to the number of decimals Odoo rounds to."""
    currency_ids: Mapping[str, int] = field(default_factory=dict)
    """Active currencies: code to the id of the res.currency."""
    country: str = ""
    """Country code of the company."""
    pricelist_required: bool = False
    """Whether a sale order of this server must name a pricelist."""
    all_pricelists: tuple[PricelistFact, ...] = ()


#: Of a company that nobody asked about: what a rule leaves out needs none.
NO_FACTS = CompanyFacts("", ROUND_GLOBALLY, None, (), {}, {}, {}, {}, ())
