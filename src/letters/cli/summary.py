"""What a pass did, as the JSON object of the command contract and as lines for a person."""

from __future__ import annotations

from typing import Any

from letters.cli.face import count
from letters.pipeline import PassReport
from letters.watch import WatchReport


def pass_as_json(report: PassReport) -> dict[str, Any]:
    """The parts of the contract that this report has; a single verb prints its part."""
    data: dict[str, Any] = {}
    if (watched := report.watched) is not None:
        data["sources"] = {"polled": watched.polled, "unchanged": watched.unchanged, "failed": watched.failed}
        data["episodes"] = {"new": watched.new, "changed": watched.changed}
    if (cards := report.cards) is not None:
        data["cards"] = {"read": cards.read, "problems": len(cards.problems)}
    if (paired := report.paired) is not None:
        data["pairs"] = {"paired": paired.paired, "review": paired.review, "none": paired.none}
    if (published := report.published) is not None:
        data["feeds"] = {"written": published.written, "unchanged": published.unchanged}
    if (composed := report.composed) is not None:
        data["issues"] = {"composed": len(composed.composed), "skipped": len(composed.skipped)}
    if (delivered := report.delivered) is not None:
        data["deliveries"] = {
            "sent": delivered.sent,
            "deferred": delivered.deferred,
            "failed": delivered.failed,
            "unknown": delivered.unknown,
            "dropped": delivered.dropped,
        }
    data["seconds"] = {verb: round(seconds, 3) for verb, seconds in report.seconds.items()}
    return data


def pass_as_rows(report: PassReport) -> list[tuple[str, str, str]]:
    """A row per verb that ran: the verb, what it did, its seconds."""
    rows = []
    if (watched := report.watched) is not None:
        rows.append(("watch", _watched(watched), "watch"))
    if (cards := report.cards) is not None:
        rows.append(
            (
                "cards",
                _parts(count(cards.read, "card"), changed=cards.changed, retired=cards.retired),
                "cards",
            )
        )
    if (paired := report.paired) is not None:
        rows.append(
            (
                "pair",
                f"{paired.paired:,} paired, {paired.review:,} for review, {paired.none:,} without",
                "pair",
            )
        )
    if (published := report.published) is not None:
        rows.append(
            (
                "publish",
                f"{count(published.written, 'document')} written, {published.unchanged:,} unchanged",
                "publish",
            )
        )
    if (composed := report.composed) is not None:
        names = ", ".join(issue.name for issue in composed.composed[:4])
        text = count(len(composed.composed), "issue") + (f": {names}" if names else "")
        rows.append(("compose", _parts(text, skipped=len(composed.skipped)), "compose"))
    if (delivered := report.delivered) is not None:
        text = _parts(
            f"{count(delivered.sent, 'message')} sent",
            deferred=delivered.deferred,
            failed=delivered.failed,
            unknown=delivered.unknown,
            dropped=delivered.dropped,
        )
        rows.append(("deliver", text, "deliver"))
    return [(verb, text, f"{report.seconds.get(key, 0.0):.2f} s") for verb, text, key in rows]


def _watched(watched: WatchReport) -> str:
    return _parts(
        f"{count(watched.polled, 'source')} asked",
        unchanged=watched.unchanged,
        failed=watched.failed,
        **{
            "new episodes": watched.new,
            "changed episodes": watched.changed,
            # At a first look most of what a feed holds is stored without being news.
            "older episodes stored": watched.stored - watched.new,
        },
    )


def _parts(first: str, **counts: int) -> str:
    return ", ".join([first, *(f"{number:,} {name}" for name, number in counts.items() if number)])
