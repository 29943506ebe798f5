"""Every sentence of the rules can be read in Russian and Ukrainian, with the same gaps to fill."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

SOURCES = {
    "standards-rules": [
        Path("audit_app/kit/yaml.py"),
        *sorted(Path("audit_app/standards/rules").glob("*.py")),
    ],
    "scoring-rules": sorted(Path("audit_app/scoring/rules").glob("*.py")),
}
GAPS = re.compile(r"%\(\w+\)s|%%")


def sentences(paths: list[Path]) -> set[str]:
    """All msgids that these modules mark."""
    return {
        node.args[0].value
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "_"
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


@pytest.mark.parametrize("language", ["ru", "uk"])
@pytest.mark.parametrize("name", SOURCES)
def test_every_sentence_is_translated_with_its_gaps(name: str, language: str) -> None:
    said: dict[str, str] = {}
    for path in sorted(Path(f"audit_app/locale/{language}").glob("*.po")):
        with path.open("rb") as file:
            said |= {str(message.id): str(message.string) for message in read_po(file) if message.id}
    wanted = sentences(SOURCES[name])

    assert wanted - said.keys() == set()
    for sentence in wanted:
        translation = said[sentence]
        assert translation.strip(), sentence
        assert sorted(GAPS.findall(translation)) == sorted(GAPS.findall(sentence)), sentence
