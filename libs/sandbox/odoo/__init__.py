"""A sandbox Odoo: `OdooSandbox` in a thread, or `python -m libs.sandbox.odoo` as a process."""

from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.odoo.speed import OdooSpeed

__all__ = ["OdooSandbox", "OdooSpeed"]
