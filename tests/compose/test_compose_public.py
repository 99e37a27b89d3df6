"""The issue for everybody's eyes: nothing personal is in it, whatever its cards say and whoever chose what."""

from __future__ import annotations

from composing import make_entry, make_press
from hypothesis import given, settings
from hypothesis import strategies as st

from letters.model import MARK_HOST, Choice, PersonalLink, RelatedCard

TOPICS = ("fog", "ice")
#: What somebody would write who wants a reader's own link in another place than ours.
WORDS = st.sampled_from(
    [
        *(link.value for link in PersonalLink),
        f"see {PersonalLink.UNSUBSCRIBE.value.upper()} here",
        f'<a href="{PersonalLink.PREFERENCES.value}">x</a>',
        "https://letters.invalid/",
        "{{ issue.unsubscribe_url }}",
        "plain words",
    ]
)


@settings(max_examples=15)
@given(
    title=WORDS,
    summary=WORDS,
    link=WORDS,
    choice=st.builds(
        Choice,
        topics=st.frozensets(st.sampled_from(TOPICS)),
        audiences=st.frozensets(st.sampled_from(("keeper",))),
        titles_only=st.booleans(),
    ),
)
def test_personal_links_stand_where_we_put_them_and_nowhere_for_everybody(
    title: str, summary: str, link: str, choice: Choice
) -> None:
    entries = [
        make_entry(
            number,
            topics=TOPICS[number:],
            title=title,
            summary=summary,
            takeaway=title,
            related=(RelatedCard(title=title, url=link),),
            episode={"link": link, "show": summary},
        )
        for number in range(2)
    ]
    press = make_press()
    public = press.render_public(entries)
    assert MARK_HOST not in "".join((public.subject, public.preheader, public.html, public.text)).lower()
    mail = press.render(entries, choice)
    if mail.html:
        plain = press.render([make_entry(1, topics=TOPICS)], Choice())
        for part, wanted in ((mail.html, plain.html), (mail.text, plain.text)):
            for mark in PersonalLink:
                assert part.count(mark) == wanted.count(mark)
            assert part.lower().count(MARK_HOST) == wanted.lower().count(MARK_HOST)
