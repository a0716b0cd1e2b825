"""What Odoo says in the thread of a record, in the name of the user who acts."""

from __future__ import annotations

from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import user_error


def speak(env: Env) -> None:
    """18 refuses whatever brings a message with it to a user without an e-mail address; 19 sends none of them."""
    if env.version != "18" or env.is_super:
        return
    partner = env.row("res.partner", env.user.get("partner_id")) or {}
    if not partner.get("email"):
        raise user_error("Unable to send message, please configure the sender's email address.")
