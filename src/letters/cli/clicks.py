"""``letters clicks``: how often the links of an issue were followed."""

from __future__ import annotations

import typer

from letters.cli.app import app, face_of
from letters.cli.face import count
from letters.cli.options import IssueArgument, JsonOption, WorkspaceOption
from letters.errors import UsageError
from letters.store.clicks import count_clicks
from letters.store.issues import find_issue


@app.command()
def clicks(
    context: typer.Context,
    issue: IssueArgument,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how often the links of an issue were followed, by link and day; nobody knows by whom."""
    face = face_of(context)
    edition, _, number = issue.rpartition("/")
    with face.house(workspace) as house, house.store.read() as c:
        found = find_issue(c, edition, int(number)) if number.isdecimal() else None
        if found is None:
            raise UsageError(f'there is no issue "{issue}"; wanted EDITION/NUMBER, such as policy-weekly/12')
        links = count_clicks(c, found.id)
    if not face.as_json:
        rows = [
            (f"{link.total:,}", max(link.days, key=lambda day: link.days[day], default=None) or "-", link.url)
            for link in sorted(links, key=lambda link: (-link.total, link.place))
        ]
        face.print_table(
            (">clicks", "=most on", "link"),
            rows,
            empty="No link of this issue is counted. clicks = true in its [[edition]] counts those of later issues.",
        )
        if links:
            face.out.print(f"\n{count(sum(link.total for link in links), 'click')}", style="dim")
    face.finish(
        {
            "issue": issue,
            "links": [
                {
                    "url": link.url,
                    "clicks": link.total,
                    "days": {day.isoformat(): number for day, number in link.days.items()},
                }
                for link in links
            ],
        }
    )
