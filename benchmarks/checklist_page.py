"""The checklist page against a bare Jinja page of the same markup, in one run, in one process.

    python benchmarks/checklist_page.py [rounds]

The bare page is the markup of the finished page as one template without a query, a session or a rule: what rendering
and sending cost at the least. Goal (issue 2): at least half its rate.
"""

import sys
import tempfile
import time
from pathlib import Path

import yaml
from jinja2 import Environment
from litestar import Litestar, get
from litestar.config.compression import CompressionConfig
from litestar.testing import TestClient

from audit_app.app import create_app
from audit_app.kit import clock
from audit_app.kit.db import make_engines, write
from audit_app.migrations import state as migrations
from audit_app.organisation import actions
from audit_app.settings import read_settings
from tests.factories.organisation import make_location, make_person
from tests.factories.visits import make_version, make_visit

ROOT = Path(__file__).resolve().parent.parent


def rate(client: TestClient, path: str, rounds: int) -> float:
    """Pages a second."""
    began = time.perf_counter()
    for _ in range(rounds):
        assert client.get(path).status_code == 200
    return rounds / (time.perf_counter() - began)


def main() -> int:
    """Run both in turns and print the ratio."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings({"AUDIT_LOG": "json"}, data=Path(folder))
        migrations.upgrade(settings.database_url)
        engines = make_engines(settings.database_url)
        document = yaml.safe_load((ROOT / "checklists/hotel-reception/1.yaml").read_text(encoding="utf-8"))
        with write(engines) as session:
            mara = make_person(session, "Mara", "shopper")
            visit = make_visit(session, make_location(session), make_version(session, document), mara)
            cookie = actions.open_session(session, mara, "benchmark", clock.now())
        path = f"/my/visits/{visit.id}/checklist"
        with TestClient(create_app(settings, engines), base_url="http://127.0.0.1:8000") as client:
            client.cookies.set(settings.web.cookie, cookie)
            page = client.get(path).text
            # One loop over the pieces, as a page of sixty questions is written; nothing is escaped twice.
            pieces = page.split('<div class="ask"')
            bare = Environment(autoescape=False).from_string(
                '{% for one in pieces %}{% if not loop.first %}<div class="ask"{% endif %}{{ one }}{% endfor %}'
            )

            @get("/", media_type="text/html", sync_to_thread=True)
            def show() -> str:
                return bare.render(pieces=pieces)

            with TestClient(
                Litestar(
                    [show],
                    compression_config=CompressionConfig(
                        backend="gzip", gzip_compress_level=5, minimum_size=1000
                    ),
                )
            ) as floor:
                rate(client, path, 10)
                ours = max(rate(client, path, rounds) for _ in range(2))
                least = max(rate(floor, "/", rounds) for _ in range(2))
    print(f"questions on the page   {len(pieces) - 1}")
    print(f"checklist page a second {ours:8.1f}  ({1000 / ours:.1f} ms)")
    print(f"bare page a second      {least:8.1f}  ({1000 / least:.1f} ms)")
    print(f"ratio                   {ours / least:8.2f}  (goal 0.5)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
