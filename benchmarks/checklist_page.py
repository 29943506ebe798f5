"""The checklist page against a bare Jinja page of the same markup, in one run, in one process.

    python benchmarks/checklist_page.py [rounds]

The bare page sends the same bytes: its template is made from the finished page, one loop over the questions, one flat
branch for each shape a question has, and whatever a question says of its own (code, number, words) printed by an
expression with escaping. No query, no session, no rule, no macro, no translation. Goal (issue 2): half its rate.
The floor below it does not even print: it joins ready strings.
"""

import html
import logging
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

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
MARK = '<div class="ask"'


def words_in(value: Any) -> list[str]:
    """Every text of an item, however deep."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [word for one in inner for word in words_in(one)]


def bare_template(page: str, document: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """The page as one flat template, and the values of its questions."""
    items = {item["code"]: item for section in document["sections"] for item in section["items"]}
    first, *pieces = page.split(MARK)
    shapes: dict[str, int] = {}
    questions: list[dict[str, Any]] = []
    for piece in pieces:
        code = piece.partition('data-q="')[2].partition('"')[0]
        said = {word for word in words_in(items[code]) if len(word) > 3}
        values: list[str] = [code]
        # What follows the question (the end of a section) belongs to the frame and stays as it is.
        shape = re.sub(rf'(?<=["\-.]){re.escape(code)}(?=")', "{{ q.v[0] }}", piece)
        for word in sorted(said, key=len, reverse=True):
            escaped = html.escape(word).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
            if f">{escaped}<" in shape:
                shape = shape.replace(f">{escaped}<", f">{{{{ q.v[{len(values)}] }}}}<")
                values.append(word)
        number = re.search(r'class="q-no">(\d+)<', shape)
        if number:
            shape = shape.replace(number[0], f'class="q-no">{{{{ q.v[{len(values)}] }}}}<')
            values.append(number[1])
        questions.append({"shape": shapes.setdefault(shape, len(shapes)), "v": values})
    branches = "".join(
        f"{{% {'elif' if n else 'if'} q.shape == {n} %}}{shape}" for shape, n in shapes.items()
    )
    return f"{first}{{% for q in questions %}}{MARK}{branches}{{% endif %}}{{% endfor %}}", questions


def rate(client: TestClient, path: str, rounds: int) -> float:
    """Pages a second."""
    began = time.perf_counter()
    for _ in range(rounds):
        assert client.get(path).status_code == 200
    return rounds / (time.perf_counter() - began)


def main() -> int:
    """Run both in turns and print the ratio."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    logging.disable(logging.INFO)
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
            source, questions = bare_template(page, document)
            bare = Environment(autoescape=True, keep_trailing_newline=True).from_string(source)
            same = bare.render(questions=questions)
            assert same == page, "the bare page is another page"
            pieces = page.split(MARK)

            @get("/", media_type="text/html", sync_to_thread=True)
            def show() -> str:
                return bare.render(questions=questions)

            @get("/joined", media_type="text/html", sync_to_thread=True)
            def join() -> str:
                return MARK.join(pieces)

            with TestClient(
                Litestar(
                    [show, join],
                    compression_config=CompressionConfig(
                        backend="gzip", gzip_compress_level=5, minimum_size=1000
                    ),
                )
            ) as floor:
                rate(client, path, 10)
                turns = [
                    (rate(client, path, rounds), rate(floor, "/", rounds), rate(floor, "/joined", rounds))
                    for _ in range(4)
                ]
                ours, least, joined = (max(row) for row in zip(*turns, strict=True))
    print(f"questions on the page   {len(pieces) - 1}, {len(page) / 1024:.0f} kB")
    print(f"checklist page a second {ours:8.1f}  ({1000 / ours:.1f} ms)")
    print(f"bare page a second      {least:8.1f}  ({1000 / least:.1f} ms)")
    print(f"strings joined a second {joined:8.1f}  ({1000 / joined:.1f} ms; nothing printed at all)")
    print(f"ratio to the bare page  {ours / least:8.2f}  (goal 0.5)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
