"""The caller of a request: permissions and site grant."""

from dataclasses import dataclass
from enum import Enum


class Permission(Enum):
    """What a caller may do on the granted sites; WRITE and PROVISION include READ, and neither includes the other."""

    READ = "READ"
    WRITE = "WRITE"
    PROVISION = "PROVISION"


@dataclass(frozen=True, slots=True)
class Caller:
    """The subject of a token, with its permissions and its site grant.

    `sites` are the external ids of the granted sites; None grants every site.
    """

    subject: str
    permissions: frozenset[Permission]
    sites: frozenset[str] | None

    @property
    def share(self) -> str | None:
        """What its database connections are counted by; None on a server without keys, which has only one caller."""
        return None if self is ANONYMOUS else self.subject

    @property
    def may_read(self) -> bool:
        return Permission.READ in self.permissions

    @property
    def may_write(self) -> bool:
        return Permission.WRITE in self.permissions

    @property
    def may_provision(self) -> bool:
        return Permission.PROVISION in self.permissions

    def grants(self, site: str) -> bool:
        """Whether the site with this external id, stored or not, is granted."""
        return self.sites is None or site in self.sites


ANONYMOUS = Caller("anonymous", frozenset(Permission), None)
"""The caller of a server without keys, which listens on loopback only."""
