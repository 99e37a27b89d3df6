"""Episodes and cards as Hypothesis draws them, for what has to hold for any."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from letters.pair import CardToPair, EpisodeToPair

# Few words and shows, so that titles collide often.
TITLES = st.one_of(
    st.lists(
        st.sampled_from(
            [
                "storm",
                "harbour",
                "lamp",
                "salt",
                "(Part 1)",
                "(Part 2)",
                "#12",
                "#13",
                "灯塔",
                "港口",
                "|",
                ":",
                "…",
            ]
        ),
        max_size=6,
    ).map(" ".join),
    st.text(max_size=30),
)
SHOWS = st.sampled_from(["The Lantern Hour", "Tidewater", ""])
DAYS = st.one_of(st.none(), st.integers(0, 5).map(lambda days: date(2026, 3, 1) + timedelta(days=days)))
LINKS = st.sampled_from(
    ["", "", "", "https://lantern.example/1", "https://lantern.example/2", "https://lantern.example/3"]
)


@st.composite
def episodes(draw: st.DrawFn) -> list[EpisodeToPair]:
    drawn = draw(st.lists(st.tuples(SHOWS, TITLES, DAYS, LINKS, TITLES), max_size=8))
    return [
        EpisodeToPair(
            id=f"e{number}",
            show=show,
            names=(show,),
            title=title,
            published=day,
            addresses=(link,),
            description=text,
        )
        for number, (show, title, day, link, text) in enumerate(drawn)
    ]


@st.composite
def cards(draw: st.DrawFn) -> list[CardToPair]:
    drawn = draw(st.lists(st.tuples(SHOWS, TITLES, DAYS, LINKS, TITLES), max_size=8))
    return [
        CardToPair(id=f"c{number}", publisher=show, title=title, date=day, link=link, summary=text)
        for number, (show, title, day, link, text) in enumerate(drawn)
    ]
