"""One item over many versions: the same column while it asks the same, another one once a change made it a new question.

The classes are those of the standards (`standards.rules.changes`): same and comparable go on, new begins anew. The newest
meaning keeps the plain code; an older one is named `code@n` by the last version n in which it had that meaning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit_app.standards.rules.changes import changes_between, trend_goes_on
from audit_app.standards.rules.definition import Version


@dataclass(frozen=True)
class Identities:
    """The columns of a study: their names, and for each version number the column of each of its items."""

    names: tuple[str, ...]
    columns: Mapping[int, Mapping[str, int]]


def plain_code(identity: str) -> str:
    """The item's code in the standard."""
    return identity.partition("@")[0]


def identities_of(versions: Sequence[Version]) -> Identities:
    """Identities of all items that count for the score, in the order of the newest version; earlier ones follow.

    What is only asked (weight 0: did the shopper buy, what would they tell a friend) is no standard to keep or drop.
    """
    counted = {item.code for version in versions for item in version.items if item.scored}
    last: dict[str, tuple[Version, int]] = {}
    spans: list[list[tuple[int, str]]] = []
    classes: dict[tuple[int, int], dict[str, bool]] = {}
    for version in sorted(versions, key=lambda one: one.version):
        for item in version.items:
            if item.code not in counted or not item.has_ratio:
                continue
            before = last.get(item.code)
            goes_on = False
            if before is not None:
                pair = (before[0].version, version.version)
                if pair not in classes:
                    classes[pair] = {
                        change.item: trend_goes_on(change.kind)
                        for change in changes_between(before[0], version)
                    }
                goes_on = classes[pair][item.code]
            if before is not None and goes_on:
                span = before[1]
            else:
                span = len(spans)
                spans.append([])
            spans[span].append((version.version, item.code))
            last[item.code] = (version, span)
    named = {span: code for code, (_version, span) in last.items()}
    names = [named.get(span) or f"{uses[-1][1]}@{uses[-1][0]}" for span, uses in enumerate(spans)]
    order = _order(versions, names)
    place = {span: number for number, span in enumerate(order)}
    columns: dict[int, dict[str, int]] = {version.version: {} for version in versions}
    for span, uses in enumerate(spans):
        for number, code in uses:
            columns[number][code] = place[span]
    return Identities(tuple(names[span] for span in order), columns)


def _order(versions: Sequence[Version], names: Sequence[str]) -> list[int]:
    if not versions:
        return []
    newest = max(versions, key=lambda one: one.version)
    rank = {item.code: number for number, item in enumerate(newest.items)}
    return sorted(range(len(names)), key=lambda span: (rank.get(names[span], len(rank)), span))
