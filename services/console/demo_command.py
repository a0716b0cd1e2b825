"""`tandem demo`: the arguments. What it does is in `services/console/demo`, which needs far more than the rest."""

from __future__ import annotations

import logging
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from pydantic import ValidationError

from libs.common.logging import configure
from libs.common.settings import CommonSettings
from libs.common.stores.model import OdooConnection
from services.console.plain import NOT_WELL, bad_input, plainly, tell
from services.console.words import teaching

if TYPE_CHECKING:
    from services.console.demo.run import Options

MOST_ORDERS = 1000
INTERRUPTED = 130

HELP = teaching(
    "The main job on this machine, without any server: a sandbox Shopify places orders, their signed webhooks go to "
    "the gateway, the order worker makes them in a sandbox Odoo. Ends with a table, and with a line of JSON.\n\n"
    "With --orders, the orders are yours: a folder of *.json files, each the body of an orders/create webhook. "
    "With --odoo-..., they go into a real Odoo: use a test database. Products, taxes and pricelists that the orders "
    "need are made there. Every run places new orders under new numbers; orders of a folder keep theirs, so a second "
    "run with the same folder makes nothing twice.\n\n"
    "Exit code 0 when every order ended as it should, none twice and none with another total.",
    "tandem demo",
    "tandem demo --keep",
    "tandem demo --orders my-orders/",
    "tandem demo --odoo-url http://127.0.0.1:8069 --odoo-db test --odoo-login admin --odoo-key KEY",
)


@plainly
def demo(
    *,
    orders: Annotated[
        Path | None, typer.Option("--orders", metavar="DIR", help="serve the orders of this folder", show_default=False)
    ] = None,
    count: Annotated[
        int, typer.Option("--count", min=1, max=MOST_ORDERS, help="so many orders, without --orders")
    ] = 25,
    keep: Annotated[bool, typer.Option("--keep", help="stay up afterwards, until Ctrl-C")] = False,
    odoo_url: Annotated[str, typer.Option("--odoo-url", metavar="URL", help="a real Odoo: its address")] = "",
    odoo_db: Annotated[str, typer.Option("--odoo-db", metavar="NAME", help="its database")] = "",
    odoo_login: Annotated[str, typer.Option("--odoo-login", metavar="LOGIN", help="the user to work as")] = "",
    odoo_key: Annotated[str, typer.Option("--odoo-key", metavar="KEY", help="that user's API key")] = "",
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", min=1, help="give up after so long; by the number of orders if left out"),
    ] = None,
) -> None:
    try:
        from services.console.demo.run import Options  # noqa: PLC0415 - servers and sandboxes, only where wanted
    except ModuleNotFoundError as error:
        bad_input([f"tandem demo needs more packages ({error.name} is missing): pip install 'tandem[demo]'."])
    connection = _odoo(
        {"--odoo-url": odoo_url, "--odoo-db": odoo_db, "--odoo-login": odoo_login, "--odoo-key": odoo_key}
    )
    if orders is not None and not orders.is_dir():
        bad_input([f"{orders}: is not a folder. --orders wants one with *.json files."])
    # Whoever stops the process by its number wants it to tidy up as after Ctrl-C.
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        well = _run(Options(count, orders, connection, seconds), keep=keep)
    except KeyboardInterrupt:
        tell("Stopped before the end.")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)
    if not well:
        raise typer.Exit(NOT_WELL)


def _run(options: Options, *, keep: bool) -> bool:
    from services.all_in_one import embedded  # noqa: PLC0415 - as above
    from services.console.demo.keep import addresses, stay  # noqa: PLC0415
    from services.console.demo.report import show, show_summary  # noqa: PLC0415
    from services.console.demo.run import Demo  # noqa: PLC0415

    configure("demo", embedded(CommonSettings, log_level="warning", log_format="console"))
    # It warns of every sweep that takes longer than the time between two, as with a thousand orders in memory.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    with Demo(options) as running:
        outcome = running.run()
        show(outcome)
        if keep:
            addresses(running)
        show_summary(outcome)
        if keep:
            try:
                stay(running)
            except KeyboardInterrupt:
                tell("Ending.")
    return outcome.well


def _odoo(given: dict[str, str]) -> OdooConnection | None:
    """All four or none."""
    missing = [name for name, value in given.items() if not value.strip()]
    if len(missing) == len(given):
        return None
    if missing:
        bad_input([f"{name} is not given: a real Odoo needs {', '.join(given)}." for name in missing])
    url, database, login, key = given.values()
    try:
        return OdooConnection.model_validate({"url": url, "database": database, "login": login, "key": key})
    except ValidationError as error:
        # Not pydantic's own text: it would repeat the key.
        faulty = {str(fault["loc"][0]) for fault in error.errors()}
        words = {"url": "--odoo-url is no address: write it as https://host.", "key": "--odoo-key is empty."}
        bad_input([words.get(name, f"--odoo-{name} cannot be used.") for name in sorted(faulty)])


def _interrupt(_signum: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
