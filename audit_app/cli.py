"""The command line `audit-app`: a door like the pages. Each command explains itself with --help."""

import contextlib
import importlib
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from sqlmodel import select

from audit_app.kit import audit, clock
from audit_app.kit.db import make_engines, read, write
from audit_app.kit.errors import AuditError
from audit_app.kit.i18n import gettext
from audit_app.kit.later import later
from audit_app.organisation import actions, queries
from audit_app.organisation.models import Person, Role
from audit_app.organisation.rules import INVITATION_HOURS, token_scopes_of
from audit_app.settings import BadSetting, Settings, read_settings
from seeds.size import LARGE, NORMAL, SMALL

# A study of plain files needs neither the server nor its pages: what only some commands use is loaded by these.
application = later("audit_app.app")
demo_chain = later("audit_app.demo")
flows = later("audit_app.flows")
migrations = later("audit_app.migrations.state")
uvicorn = later("uvicorn")
ELSEWHERE = {
    "import": ("audit_app.imports.commands", "import_"),
    "export": ("audit_app.imports.commands", "export"),
    "score": ("audit_app.imports.commands", "score"),
    "effectiveness": ("audit_app.effectiveness.commands", "effectiveness"),
    "stats": ("audit_app.effectiveness.stats_commands", "stats"),
}
"""Commands of the slices: module and name."""

_data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that holds everything the app writes.",
)


class OneSentence(click.Group):
    """Errors a person may read end the command with one sentence and exit code 1, and nothing changed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, those of the slices among them."""
        return sorted({*super().list_commands(ctx), *ELSEWHERE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, loaded when it is asked for."""
        if cmd_name in ELSEWHERE:
            module, name = ELSEWHERE[cmd_name]
            found: click.Command = getattr(importlib.import_module(module), name)
            return found
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except AuditError as refused:
            raise click.ClickException(gettext(refused.text, **refused.values)) from None
        except BadSetting as odd:
            raise click.ClickException(str(odd)) from None


@click.group(
    cls=OneSentence, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="audit-app")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Service standards, mystery visits, and an honest answer to which items matter."""
    ctx.obj = lambda *given: flows.announcer(*given)


def serve_app(
    settings: Settings, port: int, host: str = "127.0.0.1", ready: Callable[[], None] | None = None
) -> None:
    """Serve until stopped; `ready` is called once the port answers."""
    config = uvicorn.Config(
        application.create_app(settings),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=settings.web.trusted_proxy is not None,
        forwarded_allow_ips=settings.web.trusted_proxy,
        timeout_graceful_shutdown=20,
    )
    server = uvicorn.Server(config)
    if ready:
        call, startup = ready, server.startup

        async def then_tell(sockets: Any = None) -> None:
            await startup(sockets)
            if server.started:
                call()

        server.startup = then_tell
    server.run()


def first_administrator(settings: Settings, email: str) -> str:
    """The path of a one-time link for the first person; refused once anybody is here (no back door is left)."""
    engines = make_engines(settings.database_url)
    try:
        with write(engines) as session:
            if session.exec(select(Person.id).limit(1)).first() is not None:
                raise click.ClickException(
                    "Somebody is here already: an administrator invites people on the page People."
                )
            _person, token = actions.add_person(
                session,
                email=email,
                name=email.partition("@")[0],
                role=Role.ADMINISTRATOR,
                region_id=None,
                location_id=None,
                locale="en",
                by=None,
                now=clock.now(),
            )
    finally:
        engines.dispose()
    return f"/invitation/{token}"


@main.command()
@_data
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--json", "as_json", is_flag=True, help="One line of JSON with the accounts, once it answers.")
@click.option("--small", "size", flag_value="small", help="5 locations and about 60 visits; made in seconds.")
@click.option(
    "--large", "size", flag_value="large", help="2,000 locations and 200,000 visits; takes minutes."
)
@click.option(
    "--submittable",
    default=0,
    metavar="N",
    type=click.IntRange(0, 10_000),
    help="Also one shopper with N accepted visits, and a token to submit them with.",
)
@click.option("--reset", is_flag=True, help="Forget the demo that is there and make it anew.")
def demo(
    data: Path | None, port: int, as_json: bool, size: str | None, submittable: int, reset: bool
) -> None:
    """Show the product with a chain that does not exist: made at the first start, kept at the next."""
    out = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):  # logs too: standard output is for the one line or the table
        demo_chain.ensure_free(port)
        ready = demo_chain.prepare(
            demo_chain.demo_settings(data, port),
            {"small": SMALL, "large": LARGE}.get(size or "", NORMAL),
            submittable,
            reset=reset,
            tell=lambda text: click.echo(text, err=True),
        )
        text = demo_chain.as_json(ready, port) if as_json else demo_chain.as_table(ready, port)
        serve_app(ready.settings, port, ready=lambda: click.echo(text, file=out))


@main.command()
@_data
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; put a TLS proxy before others.",
)
@click.option(
    "--first-administrator",
    "email",
    metavar="EMAIL",
    help="On an empty installation: make this person the administrator and print the one-time link to come in.",
)
def serve(data: Path | None, port: int, host: str, email: str | None) -> None:
    """Serve the app on one machine. The database is brought up to date first."""
    settings = read_settings(data=data)
    migrations.upgrade(settings.database_url)
    if email:
        link = first_administrator(settings, email)
        click.echo(f"Open once, within {INVITATION_HOURS} hours: {settings.web.base_url}{link}", err=True)
    click.echo(f"Serving on http://{host}:{port}", err=True)
    serve_app(settings, port, host)


@main.command()
@_data
@click.option("--every", default=2.0, show_default=True, help="Seconds between two looks at what waits.")
def worker(data: Path | None, every: float) -> None:
    """Do the long jobs (studies, PDFs) apart from the web server, which runs with AUDIT_WORKER=apart."""
    settings = read_settings(data=data)
    engines = make_engines(settings.database_url)
    hands = application.worker_of(settings, engines, "worker")
    stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stop.set())
    hands.start(max(every, 0.2))
    click.echo("Waiting for studies and reports. Stop with Ctrl+C.", err=True)
    stop.wait()
    hands.stop()
    engines.dispose()


@main.command()
@_data
def migrate(data: Path | None) -> None:
    """Bring the database's schema up to date."""
    settings = read_settings(data=data)
    settings.paths.data.mkdir(parents=True, exist_ok=True)
    migrations.upgrade(settings.database_url)
    click.echo(f"The schema is at {migrations.newest()}.")


@main.command()
@_data
@click.argument("email")
@click.option(
    "--scope", "scopes", multiple=True, required=True, help="What the token may do; may be given many times."
)
@click.option("--name", default="command line", show_default=True, help="What the token is for.")
def token(data: Path | None, email: str, scopes: tuple[str, ...], name: str) -> None:
    """Make a token for programs that act for the person with this EMAIL; prints only the token."""
    settings = read_settings(data=data)
    engines = make_engines(settings.database_url)
    with write(engines) as session:
        person = queries.person_by_email(session, email)
        if person is None:
            raise click.ClickException(f"Nobody here has the address {email}.")
        actor = queries.actor_of_person(session, person.id)
        possible = token_scopes_of(actor.roles if actor else frozenset())
        if odd := [one for one in scopes if one not in possible]:
            raise click.ClickException(
                f"A token of {email} cannot have the scope {odd[0]}; with these roles there "
                + (f"are: {', '.join(possible)}." if possible else "is none.")
            )
        made = actions.make_token(session, person, list(scopes), name, clock.now())
    click.echo(made)


@main.command()
@_data
@click.option("--deploy", is_flag=True, help="Also ask whether this is safe to show to the world.")
def doctor(data: Path | None, deploy: bool) -> None:
    """Check environment, schema, audit chain and settings; exit code 1 when something is wrong."""
    settings = read_settings(data=data)
    engines = make_engines(settings.database_url)
    findings: list[tuple[bool, str]] = []
    newest = migrations.is_newest(engines.reading)
    findings.append(
        (newest, "The schema is up to date." if newest else "The schema is old: run `audit-app migrate`.")
    )
    if newest:
        with read(engines) as session:
            verdict = audit.verify(session)
        findings.append(
            (
                verdict.broken_at is None,
                f"The audit chain of {verdict.entries} entries is sound."
                if verdict.broken_at is None
                else f"The audit chain breaks at entry {verdict.broken_at}: {verdict.reason}.",
            )
        )
    if deploy:
        findings.append(
            (
                settings.web.secure,
                "People come by https." if settings.web.secure else "AUDIT_BASE_URL is not https.",
            )
        )
    for fine, text in findings:
        click.echo(f"{'ok ' if fine else 'BAD'}  {text}")
    if not all(fine for fine, _text in findings):
        sys.exit(1)


if __name__ == "__main__":
    main()
