"""External ids: the names under which Odoo knows the records that Tandem made, unique in the database.

`tandem_acme.order_450789469`: the module part is the store's, the name part tells what and which.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from libs.common.errors import Rejected
from libs.common.odoo.errors import INCOMPATIBLE

if TYPE_CHECKING:
    from libs.common.odoo.client import OdooClient

_MODULE = re.compile(r"[a-z][a-z0-9_]{0,59}")
#: No dot: the first dot ends the module, and Odoo refuses a second one.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")


def external_id(module: str, name: str) -> str:
    """`tandem_acme` and `order_450789469` make `tandem_acme.order_450789469`; ValueError for other characters."""
    if not _MODULE.fullmatch(module):
        raise ValueError(f"{module!r} cannot be the module of an external id: lower-case letters, digits, _")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of an external id: letters, digits, _ and -")
    return f"{module}.{name}"


def find_external_id(client: OdooClient, module: str, name: str) -> tuple[str, int] | None:
    """Model and database id of the record behind an external id; None when there is none.

    `check_object_reference` works for a user without any right on ir.model.data, which reading it does not.
    None as well for a record that exists but that this user may not see (Odoo gives the id `False`).
    """
    try:
        found = client.call("ir.model.data", "check_object_reference", [module, name], write=False)
    except Rejected as error:
        if error.code == INCOMPATIBLE and "External ID not found" in error.message:
            return None
        raise
    model, record_id = found
    return (str(model), int(record_id)) if record_id else None
