"""The served models. Those with a behaviour of their own have a class; the others are plain `Model`s."""

from __future__ import annotations

from libs.sandbox.odoo.model import Model
from libs.sandbox.odoo.models.account import Account, Journal, PaymentTerm, PaymentTermLine
from libs.sandbox.odoo.models.account_move import AccountMove
from libs.sandbox.odoo.models.account_move_line import MoveLine
from libs.sandbox.odoo.models.account_payment import Payment
from libs.sandbox.odoo.models.attributes import (
    Attribute,
    AttributeLine,
    AttributeValue,
    ProductTag,
    TemplateValue,
)
from libs.sandbox.odoo.models.carrier import Carrier
from libs.sandbox.odoo.models.company import Company, Currency, Pricelist, User, Warehouse
from libs.sandbox.odoo.models.moves import Move
from libs.sandbox.odoo.models.partner import Country, CountryState, Partner, PartnerCategory
from libs.sandbox.odoo.models.pickings import Picking
from libs.sandbox.odoo.models.places import Location, PickingType, ProcurementGroup
from libs.sandbox.odoo.models.pricelists import PricelistItem
from libs.sandbox.odoo.models.product import Product, ProductCategory, Template, Uom
from libs.sandbox.odoo.models.quantities import BOM, BOM_LINE, Bom, BomLine
from libs.sandbox.odoo.models.quants import Quant
from libs.sandbox.odoo.models.sale import Order, OrderLine
from libs.sandbox.odoo.models.support import ExternalId, Tag, Tax, Team
from libs.sandbox.odoo.schema import Fields

CLASSES: dict[str, type[Model]] = {
    "res.company": Company,
    "res.currency": Currency,
    "res.users": User,
    "product.pricelist": Pricelist,
    "stock.warehouse": Warehouse,
    "res.partner": Partner,
    "res.partner.category": PartnerCategory,
    "res.country": Country,
    "res.country.state": CountryState,
    "product.product": Product,
    "product.template": Template,
    "product.category": ProductCategory,
    "product.attribute": Attribute,
    "product.attribute.value": AttributeValue,
    "product.template.attribute.line": AttributeLine,
    "product.template.attribute.value": TemplateValue,
    "product.tag": ProductTag,
    "product.pricelist.item": PricelistItem,
    "uom.uom": Uom,
    "sale.order": Order,
    "sale.order.line": OrderLine,
    "stock.location": Location,
    "stock.picking.type": PickingType,
    "stock.picking": Picking,
    "stock.move": Move,
    "stock.quant": Quant,
    BOM: Bom,
    BOM_LINE: BomLine,
    "procurement.group": ProcurementGroup,
    "delivery.carrier": Carrier,
    "account.tax": Tax,
    "account.account": Account,
    "account.journal": Journal,
    "account.payment.term": PaymentTerm,
    "account.payment.term.line": PaymentTermLine,
    "account.move": AccountMove,
    "account.move.line": MoveLine,
    "account.payment": Payment,
    "crm.tag": Tag,
    "crm.team": Team,
    "ir.model.data": ExternalId,
}


def build(schema: dict[str, Fields], version: str) -> dict[str, Model]:
    """Every model of the schema, each knowing which fields it has from its parent."""
    models = {name: CLASSES.get(name, Model)(name, schema, version) for name in schema}
    for model in models.values():
        if model.inherits is not None:
            parent = models[model.inherits[0]]
            own = {"id", "display_name", "create_date", "write_date", *model.own_fields, *model.computed}
            model.parent_fields = frozenset(parent.fields) - own
    return models
