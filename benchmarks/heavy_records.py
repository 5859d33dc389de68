"""Properties that make a contact as heavy and as uneven as people's: 2.6 kB in 60 properties.

Names begin with ``about_``, so that a measurement of the first 60 properties has them all. The
values stand ready as JSON in pools, so that a page of them costs the local HubSpot next to nothing.
"""

from __future__ import annotations

from random import Random

from hubspot_sandbox import Portal

POOL = 500
EMPTY_SHARE, MISSING_SHARE = 0.03, 0.25
WORDS = (
    "the", "and", "for", "with", "order", "asked", "about", "price", "next week", "please",
    "call back", "contract", "Angebot", "nächste", "Woche", "für", "Müller", "straße", "déjà",
    "réponse", "société", "año", "mañana", "teléfono", "見積もり", "来週", "заказ", "цена",
    "عرض", "السعر", "🙂", "🚀", "–", "…", "“quoted”", "it's", "50%", "€1,200", "<br>", "C:\\path",
)  # fmt: skip
TYPICAL_LENGTHS = {
    "about_meeting": 18, "about_notes": 76, "about_last_reply": 66, "about_history": 52,
    "about_source": 8, "about_company_text": 30, "about_interest": 6, "about_landing_page": 22,
    "about_plan": 5, "about_score_reason": 12, "about_handover": 24, "about_search_terms": 8,
}  # fmt: skip
"""Characters of a middling value; a few values are many times as long, most are shorter."""


def make_heavy(portal: Portal) -> None:
    """Give the contacts of a portal long, uneven texts in many scripts."""
    for name, typical in TYPICAL_LENGTHS.items():
        random = Random(f"heavy/{name}")
        pool = [_value(random, typical) for _ in range(POOL)]
        portal.add_property("contacts", name, "string", "textarea", pool=pool)


def _value(random: Random, typical: int) -> str | None:
    share = random.random()
    if share < EMPTY_SHARE:
        return ""
    if share < EMPTY_SHARE + MISSING_SHARE:
        return None
    # Lengths of what people write are about log-normal: the longest is fifty times the middle one.
    length = min(int(random.lognormvariate(0.0, 1.0) * typical), 20_000) + 1
    words: list[str] = []
    while length > 0:
        word = random.choice(WORDS)
        words.append(word)
        length -= len(word) + 1
    return (
        ("\n" if typical > 200 else " ").join(words) if random.random() < 0.1 else " ".join(words)
    )
