"""Random rows of users: as the model has them, as a caller may write them, and wrong ones."""

import unicodedata
from dataclasses import replace
from random import Random

from tests.support.directory_halves import Given
from tests.support.directory_model import DirectoryModel, UserRow

USERS = (*(f"u{number}" for number in range(8)), "Zoé 8")
NUMBER = "+15145550142"
SPELLINGS = {NUMBER: ("+1 (514) 555-0142", "tel:+1-514-555-0142", NUMBER)}


class Rows:
    """Rows for the directory of a model."""

    def __init__(self, random: Random, model: DirectoryModel) -> None:
        self._random = random
        self._model = model

    def spelt(self, text: str) -> str:
        """The text, or another that is stored as this one."""
        spelling = self._random.choice(SPELLINGS.get(text, (text, f"{text} ", unicodedata.normalize("NFD", text))))
        return spelling if text else ""

    def user_row(self, key: str) -> UserRow:
        choice = self._random.choice
        old = self._model.users.get(key)
        if old is not None and self._random.random() < 0.4:
            # One thing alone changes, or nothing.
            return choice((old, replace(old, station_type="FAX"), replace(old, exempt=not old.exempt)))
        return UserRow(
            key,
            choice(tuple(self._model.sites)),
            choice(("", "Ann", "Zoë")),
            choice(("Lee", "Œuvrard, Jr.")),
            choice(("", "7", "007")),
            choice(("", NUMBER)),
            choice(("", "ann@example.com")),
            choice(("BASIC", "PREMIUM", "HOSTED_PRI", "FAX")),
            exempt=self._random.random() < 0.4,
        )

    def given_user(self, row: UserRow) -> Given:
        return {
            "externalId": self.spelt(row.key),
            "siteExternalId": self.spelt(row.site),
            "firstName": self.spelt(row.first_name),
            "lastName": self.spelt(row.last_name),
            "extension": self.spelt(row.extension),
            "phoneNumber": self.spelt(row.phone_number),
            "email": self.spelt(row.email),
            "stationType": row.station_type,
            "bargeInExempt": row.exempt,
        }

    def wrong_users(self, given: list[Given]) -> tuple[list[Given], list[tuple[str, list[str]]]]:
        """Rows that are refused if they come after those given, and the violations that they break."""
        wrong: list[Given] = []
        broken: list[tuple[str, list[str]]] = []
        if self._random.random() < 0.6:
            return wrong, broken
        others = [key for key in (*USERS, "new") if not any(key == unspelt(row["externalId"]) for row in given)]
        faults: dict[str, tuple[str, str, str]] = {
            "phoneNumber": ("phoneNumber", "12", "INVALID_VALUE"),
            "email": ("email", "ann", "INVALID_VALUE"),
            "name": ("lastName", "", "INVALID_VALUE"),
            "site": ("siteExternalId", "none", "NOT_FOUND"),
            "key": ("externalId", given[0]["externalId"], "DUPLICATE_ROW"),
        }
        for place, name in enumerate(self._random.sample(tuple(faults), self._random.randint(1, 2)), len(given)):
            field, value, rule = faults[name]
            key = others[place % len(others)] + (f" {place}" if len(others) == 1 else "")
            site = self._random.choice(tuple(self._model.sites))
            row = {"externalId": key, "siteExternalId": site, "firstName": "" if name == "name" else "Bad"}
            row |= {"lastName": "", "extension": "", "phoneNumber": "", "email": "", "stationType": "BASIC"}
            wrong.append(row | {"bargeInExempt": False, field: value})
            broken.append((rule, ["input", "users", str(place), field]))
        return wrong, broken


def unspelt(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip())
