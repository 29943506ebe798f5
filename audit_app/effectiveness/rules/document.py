"""Plans, findings and facts as documents that can be kept, compared and read again without losing a digit."""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np

from audit_app.effectiveness.rules.facts import Facts
from audit_app.effectiveness.rules.findings import (
    Decision,
    Doubt,
    Estimate,
    Findings,
    ItemFinding,
    Reason,
    Verdict,
)
from audit_app.effectiveness.rules.plan import Model, Outcome, Plan

Document = dict[str, Any]


def plan_document(plan: Plan) -> Document:
    """The plan in plain JSON values; sets are sorted, so the same plan is the same text."""
    found = asdict(plan)
    for name in ("kept", "disagreement"):
        found[name] = sorted(found[name])
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def plan_of(document: Mapping[str, Any]) -> Plan:
    """The plan of such a document; keys of a later time are left aside."""
    known = {key: value for key, value in document.items() if key in Plan.__dataclass_fields__}
    if "outcomes" in known:
        known["outcomes"] = tuple(
            Outcome(**{**one, "model": Model(one["model"])}) for one in known["outcomes"]
        )
    for name in ("kept", "disagreement"):
        if name in known:
            known[name] = frozenset(known[name])
    if "covariates" in known:
        known["covariates"] = tuple(known["covariates"])
    return Plan(**known)


def findings_document(findings: Findings) -> Document:
    """The findings in plain JSON values."""
    return _plain(asdict(findings))  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    """JSON values only: NumPy's numbers become Python's, what is not finite becomes None (never NaN in a page)."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return value if value is None else str(value)


def _reason(document: Mapping[str, Any]) -> Reason:
    return Reason(str(document["text"]), dict(document.get("values") or {}))


def findings_of(document: Mapping[str, Any]) -> Findings:
    """The findings of such a document."""
    return Findings(
        estimates=tuple(
            Estimate(**{**one, "verdict": Verdict(one["verdict"]), "reason": _reason(one["reason"])})
            for one in document["estimates"]
        ),
        items=tuple(
            ItemFinding(
                **{
                    **one,
                    "decision": Decision(one["decision"]),
                    "reason": _reason(one["reason"]),
                    "flags": tuple(one["flags"]),
                }
            )
            for one in document["items"]
        ),
        diagnostics=dict(document["diagnostics"]),
        doubts=tuple(
            Doubt(one["code"], bool(one["serious"]), text=_reason(one["text"]), advice=_reason(one["advice"]))
            for one in document["doubts"]
        ),
    )


def mark_of(document: Any) -> str:
    """The SHA-256 of a document: two studies with the same mark say the same to the last digit."""
    body = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()


_LISTS = ("locations", "regions", "formats", "items", "visits")


def pack(facts: Facts) -> bytes:
    """The inputs in a few compressed arrays. Shoppers stay out: no page of a study knows one visit's from another's."""
    levels, codes = np.unique(np.nan_to_num(facts.ratio, nan=-1.0), return_inverse=True)
    few = levels.size <= 255
    parts: dict[str, Any] = {
        "names": np.frombuffer(
            json.dumps({name: getattr(facts, name) for name in _LISTS}, ensure_ascii=False).encode(),
            dtype=np.uint8,
        ),
        "first": np.array([facts.first_day.toordinal(), facts.weeks], dtype=np.int64),
        "location": facts.location,
        "day": facts.day,
        "version": facts.version,
        "on_list": np.packbits(facts.on_list),
        "days_covered": facts.days_covered,
        "levels": levels.astype(np.float32),
        "ratio": codes.reshape(facts.ratio.shape).astype(np.uint8) if few else facts.ratio,
    }
    for name, values in facts.measures.items():
        parts[f"measure {name}"] = values
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **parts)
    return buffer.getvalue()


def unpack(packed: bytes) -> Facts:
    """The inputs of `pack`."""
    with np.load(io.BytesIO(packed)) as parts:
        names = json.loads(parts["names"].tobytes())
        shape = (len(names["visits"]), len(names["items"]))
        ratio = parts["ratio"]
        if ratio.dtype == np.uint8:
            ratio = parts["levels"][ratio]
        ratio = np.where(ratio < 0, np.float32(np.nan), ratio).astype(np.float32)
        first, weeks = parts["first"].tolist()
        cells = shape[0] * shape[1]
        return Facts(
            **{name: tuple(names[name]) for name in _LISTS},
            first_day=date.fromordinal(first),
            weeks=weeks,
            location=parts["location"],
            day=parts["day"],
            shopper=np.full(shape[0], -1, dtype=np.int32),
            version=parts["version"],
            ratio=ratio.reshape(shape),
            on_list=np.unpackbits(parts["on_list"], count=cells).astype(bool).reshape(shape),
            measures={
                name.removeprefix("measure "): parts[name]
                for name in parts.files
                if name.startswith("measure ")
            },
            days_covered=parts["days_covered"],
        )
