"""Merging what two devices answered. Pure.

Every save raises the draft's `base` by one and notes it at the items it changed. A device says which base it saw: an
item changed since then by another device, to something else, is kept twice until a person chooses. `by` names the device
(made up by the page), so that a device which never heard the answer to its last save does not quarrel with itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from audit_app.visits.rules.entries import Entry, same, says_something


@dataclass(frozen=True)
class Notebook:
    """A draft as values: answers, when each item last changed, and what was said twice."""

    base: int = 0
    answers: Mapping[str, Entry] = field(default_factory=dict)
    bases: Mapping[str, int] = field(default_factory=dict)
    conflicts: Mapping[str, list[Entry]] = field(default_factory=dict)


@dataclass(frozen=True)
class Merged:
    """The notebook after a save, and what became of each change."""

    notebook: Notebook
    merged: tuple[str, ...]
    in_conflict: tuple[str, ...]


def merge(before: Notebook, seen: int, changes: Mapping[str, Entry | None], device: str = "") -> Merged:
    """The notebook with these changes of a device that last saw the base `seen`."""
    answers, bases = dict(before.answers), dict(before.bases)
    conflicts = {item: list(said) for item, said in before.conflicts.items()}
    base = before.base + 1
    merged: list[str] = []
    disputed: list[str] = []
    touched = False
    for item, change in changes.items():
        entry: Entry = dict(change or {})
        kept = answers.get(item)
        if same(kept, entry):
            if item in conflicts and bases.get(item, 0) <= seen:
                del conflicts[item]
                touched = True
            merged.append(item)
            continue
        ours = bool(device) and (kept or {}).get("by") == device
        if bases.get(item, 0) > seen and not ours:
            said = conflicts.setdefault(item, [_plain(kept)])
            if not any(same(one, entry) for one in said):
                said.append(_plain(entry))
                bases[item] = base
                touched = True
            disputed.append(item)
            continue
        if device:
            entry["by"] = device
        if says_something(entry) or device:
            # A cleared answer of a device stays as an empty entry, so that the device is known again.
            answers[item] = entry
        else:
            answers.pop(item, None)
        bases[item] = base
        conflicts.pop(item, None)
        touched = True
        merged.append(item)
    after = Notebook(base if touched else before.base, answers, bases, conflicts)
    return Merged(after, tuple(merged), tuple(disputed))


def _plain(entry: Mapping[str, Any] | None) -> Entry:
    return {key: value for key, value in (entry or {}).items() if key != "by"}


def choose(before: Notebook, item: str, index: int) -> Notebook:
    """The person's choice between what was said twice; nothing changes when there is nothing to choose."""
    said = before.conflicts.get(item, [])
    if not 0 <= index < len(said):
        return before
    base = before.base + 1
    answers = {**before.answers, item: dict(said[index])}
    if not says_something(said[index]):
        answers.pop(item)
    return Notebook(
        base,
        answers,
        {**before.bases, item: base},
        {code: both for code, both in before.conflicts.items() if code != item},
    )


def answers_over(base_answers: Mapping[str, Entry], notebook: Notebook) -> dict[str, Entry]:
    """What would be sent now: the revision that came back (if any) with the draft's changes over it."""
    whole = {item: dict(entry) for item, entry in base_answers.items()}
    for item, entry in notebook.answers.items():
        if says_something(entry):
            whole[item] = _plain(entry)
        else:
            whole.pop(item, None)
    return whole
