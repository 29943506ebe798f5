"""Where the schema stands, and how to bring it up or down: used by the commands, the tests and the readiness check."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, make_url


def config_for(url: str) -> Config:
    """Alembic's configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option(
        "file_template", "%%(year)d-%%(month).2d-%%(day).2d-%%(hour).2d%%(minute).2d_%%(slug)s"
    )
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def newest() -> str | None:
    """The last change there is."""
    return ScriptDirectory.from_config(config_for("")).get_current_head()


def present(engine: Engine) -> str | None:
    """The last change this database has seen."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_newest(engine: Engine) -> bool:
    """Whether nothing is left to do."""
    return present(engine) == newest()


def upgrade(url: str, to: str = "head") -> None:
    """Bring the database up; the folder of a SQLite file is made where there is none."""
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite" and parts.database:
        Path(parts.database).parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(config_for(url), to)


def downgrade(url: str, to: str) -> None:
    """Take changes back."""
    command.downgrade(config_for(url), to)
