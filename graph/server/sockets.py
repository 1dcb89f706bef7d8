"""The socket that the server listens on."""

import ipaddress
import socket
import sys

_BACKLOG = 2048

_UNACKNOWLEDGED_MS = 40_000
"""The kernel drops a connection whose client has not acknowledged data for so long. Until then it is held in memory."""


class ServingError(Exception):
    """The server cannot start. The message is one line for the operator."""


def listening_socket(host: str, port: int, *, loopback_only: bool) -> socket.socket:
    """A listening socket. Raises ServingError, also if `loopback_only` and the address is another."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise ServingError(f"--host {host}: there is no such address") from None
    family, _, _, _, address = found[0]
    if loopback_only and not all(ipaddress.ip_address(entry[4][0]).is_loopback for entry in found):
        raise ServingError(
            f"--host {host} can be reached from other machines, and no key is set: set PICKUP_JWT_SECRET, "
            "PICKUP_JWKS_FILE or PICKUP_JWKS_URL, or listen on 127.0.0.1"
        )
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sys.platform == "linux":
            # Accepted connections inherit this.
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MS)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise ServingError(f"cannot listen on {host}:{port}: {error.strerror}") from None
    listening.set_inheritable(True)
    return listening
