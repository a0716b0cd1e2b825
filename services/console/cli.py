"""The command `tandem`: stores, records, and the demo."""

from __future__ import annotations

import typer

from services.console import customers, demo_command, privacy, products, records, stores

app = typer.Typer(
    name="tandem",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Tandem keeps a Shopify shop and an Odoo database in step.\n\n"
    "Begin with `tandem demo`: it shows the whole on this machine and needs nothing else. "
    "Then `tandem store example`.\n\n"
    "The settings come from TANDEM_ variables or a .env file (see .env.example). "
    "Exit codes: 0 all is well, 1 something is not as it should be, 2 bad input or settings.",
)
app.add_typer(stores.app, name="store")
app.add_typer(records.app, name="records")
app.add_typer(privacy.app, name="privacy")
app.add_typer(products.app, name="products")
app.add_typer(customers.app, name="customers")
app.command("demo", help=demo_command.HELP)(demo_command.demo)
