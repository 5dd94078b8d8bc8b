"""The synthetic corpus: two invented courts, all 19 classes, the same files from the same seed.

It lets every lesson run offline in minutes, and it is hard enough for a model to make mistakes: val and test have names
that train does not (:data:`legalner.data.sample.names.FRESH`), many words are a name in one sentence and an ordinary
word in the next, some sentences are longer than 50 tokens, and the second court, which writes the test part, has
another citation style. Its figures show that the code works; they say nothing about law.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from random import Random

from legalner.data.conll import Sentence, write_conll
from legalner.data.sample.names import FRESH, KNOWN
from legalner.data.sample.patterns import HEADINGS, LEAD, LINK, MAIN, OPENERS, SIGNATURES, TAIL

__all__ = ["COURTS", "SEED", "SIZES", "generate", "write"]

SEED = 2020
SIZES = {"train": 2_000, "val": 500, "test": 500}
COURTS = {"A": "BHG", "B": "BKG"}
"""The invented courts by their citation style: the Bundeshafengericht and the Bundeskanalgericht."""

# How often a name in val and test is a fresh one, and how often a sentence of val is by the second court.
FRESH_SHARE = 0.2
OTHER_HABIT_SHARE = 0.25
MONTHS = ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "Oktober", "November", "Dezember")
_SLOT = re.compile(r"\{(\w+)\}")


def generate(seed: int = SEED) -> dict[str, list[Sentence]]:
    """Generate the corpus.

    Args:
        seed: The same seed gives the same sentences, on every system and Python.

    Returns:
        The sentences of ``train`` (court A), ``val`` (mostly A, some B) and ``test`` (court B).
    """
    random = Random(seed)
    corpus: dict[str, list[Sentence]] = {}
    for part, size in SIZES.items():
        sentences = []
        for _ in range(size):
            other = part == "test" or (part == "val" and random.random() < OTHER_HABIT_SHARE)
            writer = _Writer(random, "B" if other else "A", fresh=0.0 if part == "train" else FRESH_SHARE)
            sentences.append(writer.sentence())
        corpus[part] = sentences
    return corpus


def write(folder: str | Path, seed: int = SEED) -> None:
    """Write the corpus as ``train.conll``, ``val.conll`` and ``test.conll``, the files of ``data/sample``."""
    for part, sentences in generate(seed).items():
        write_conll(Path(folder) / f"{part}.conll", sentences)


class _Writer:
    """Writes sentences of one court; the random generator that it is given makes every choice."""

    def __init__(self, random: Random, court: str, fresh: float) -> None:
        self._random = random
        self._court = court
        self._fresh = fresh
        # What fills each slot: a text whose tokens all belong to the entity.
        self._fillers: dict[str, Callable[[], str]] = {
            "PER": self._person, "RR": lambda: self._name("judge"), "AN": lambda: self._name("lawyer"),
            "LD": lambda: self._name("country"), "ST": lambda: self._name("city"), "STR": self._street,
            "LDS": lambda: self._name("landscape"), "ORG": lambda: self._name("organisation"),
            "UN": lambda: self._name("company"), "INN": lambda: self._name("institution"), "GRT": self._court_name,
            "MRK": lambda: self._name("brand"), "GS": self._law, "VO": lambda: self._section(self._name("ordinance")),
            "EUN": self._european, "VS": self._regulation, "VT": self._contract, "RS": self._decision,
            "LIT": self._literature,
        }  # fmt: skip

    def sentence(self) -> Sentence:
        """Write a heading, judges' signatures, or a sentence of one, two or four clauses."""
        kind = self._random.random()
        if kind < 0.04:
            return self._fill(self._pick(HEADINGS))
        if kind < 0.08:
            return self._fill(self._pick(SIGNATURES))
        # Most sentences have one clause; several make the long sentences that suffer from a cut at 50 tokens.
        clauses = 1 if kind < 0.72 else 2 if kind < 0.9 else 4
        text = self._pick(LEAD) + self._clause()
        for _ in range(clauses - 1):
            first, _, rest = self._clause().partition(" ")
            text += self._pick(LINK) + (first.lower() if first in OPENERS else first) + " " + rest
        return self._fill(text + " .")

    def _clause(self) -> str:
        return self._pick(MAIN) + self._pick(TAIL)

    def _fill(self, pattern: str) -> Sentence:
        """Fill a pattern's slots with entities, and tag them."""
        tokens: list[str] = []
        tags: list[str] = []
        for word in pattern.split():
            slot = _SLOT.fullmatch(word)
            if slot is None or slot[1] == "DATE":
                new = [word] if slot is None else self._date(self._court).split()
                tags += ["O"] * len(new)
            else:
                new = self._fillers[slot[1]]().split()
                tags += [f"B-{slot[1]}"] + [f"I-{slot[1]}"] * (len(new) - 1)
            tokens += new
        return Sentence(tuple(tokens), tuple(tags), COURTS[self._court])

    def _pick(self, choices: tuple[str, ...]) -> str:
        return choices[self._random.randrange(len(choices))]

    def _number(self, low: int, high: int) -> int:
        return self._random.randrange(low, high + 1)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _name(self, pool: str) -> str:
        return self._pick(FRESH[pool] if self._chance(self._fresh) else KNOWN[pool])

    def _person(self) -> str:
        shown = self._random.randrange(4)
        if shown == 0:
            return f"{self._name('first_name')} {self._name('surname')}"
        # Decisions are anonymised: a letter often stands for the name.
        return f"{'ABDGKLMS'[self._random.randrange(8)]}." if shown == 1 else self._name("surname")

    def _street(self) -> str:
        return f"{self._name('street')} {self._number(1, 99)}" if self._chance(0.5) else self._name("street")

    def _court_name(self) -> str:
        if self._chance(0.25):
            return COURTS["A" if self._court == "B" else "B"]
        return (
            f"{self._pick(('Landgericht', 'Amtsgericht', 'Oberlandesgericht', 'Arbeitsgericht'))} {self._name('city')}"
        )

    def _section(self, text: str, sign: str = "§") -> str:
        """Cite a section by its number, sometimes down to a paragraph, sentence or item."""
        section = f"{sign} {self._number(1, 140)}"
        if self._chance(0.1):
            section += "abc"[self._random.randrange(3)]
        if self._chance(0.45):
            section += f" Abs. {self._number(1, 6)}"
        if self._chance(0.25):
            section += f" {self._pick(('Satz', 'Nr.', 'Halbsatz'))} {self._number(1, 4)}"
        return f"{section} {text}"

    def _law(self) -> str:
        law = self._name("law")
        if self._chance(0.3):
            return law
        if self._chance(0.2):
            return f"§§ {self._number(1, 60)} , {self._number(61, 140)} {law}"
        return self._section(law, "Art." if law == "GG" else "§")

    def _european(self) -> str:
        norm = self._name("european")
        return f"Art. {self._number(1, 30)} Abs. {self._number(1, 4)} {norm}" if self._chance(0.5) else norm

    def _regulation(self) -> str:
        rule = self._name("regulation")
        return f"Ziffer {self._number(1, 9)} der {rule}" if self._chance(0.5) else rule

    def _contract(self) -> str:
        return self._section(self._name("contract")) if self._chance(0.6) else self._name("contract")

    def _date(self, court: str) -> str:
        day, month, year = self._number(1, 28), self._random.randrange(len(MONTHS)), self._number(1996, 2019)
        return f"{day}. {MONTHS[month]} {year}" if court == "A" else f"{day}.{month + 1}.{year}"

    def _decision(self) -> str:
        """Cite a decision in the style of the court that writes; the name of the cited court is part of the entity."""
        cited = COURTS["A" if self._chance(0.6) else "B"]
        number = f"{self._number(10, 990)}/{self._number(0, 19):02}"
        if self._court == "A":
            case = f"{self._number(1, 9)} {self._pick(('AZR', 'ABR', 'HZR'))} {number}"
            margin = f" - Rn. {self._number(5, 60)}" if self._chance(0.6) else ""
            return f"{cited} {self._date('A')} - {case}{margin}"
        case = f"{self._pick(('I', 'II', 'IV', 'VI'))} {self._pick(('ZR', 'ZB', 'KR'))} {number}"
        kind = self._pick(("Urteil", "Beschluss"))
        margin = f" , Rn. {self._number(5, 60)}" if self._chance(0.4) else ""
        return f"{cited} , {kind} vom {self._date('B')} - {case}{margin}"

    def _literature(self) -> str:
        if self._chance(0.5):
            article = f"{self._name('commentary')} {self._name('journal')}"
            return f"{article} {self._number(1996, 2019)} , {self._number(1, 900)}"
        edition = f" {self._number(2, 9)}. Aufl." if self._court == "A" else f" , {self._number(2, 9)}. Auflage ,"
        place = self._section(self._name("law"))
        return f"{self._name('commentary')} ,{edition} {place} Rn. {self._number(1, 90)}".replace(", ,", ",")
