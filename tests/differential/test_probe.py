"""The probe, on this machine's own loopback."""

import socket
import subprocess
import sys
import threading

from tests.differential.observing import PROBE


def _probe(*lines: str) -> list[list[str]]:
    words = [sys.executable, "-c", PROBE, "0.4", "1000"]
    done = subprocess.run(words, input="\n".join(lines), capture_output=True, text=True, timeout=20, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_a_service_that_answers_is_told_by_what_it_says() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nweb.http\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert _probe(f"tcp 127.0.0.1 {number}") == [["answered", "web.http"]]
        thread.join()


def test_a_datagram_is_answered_or_refused_or_lost() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf,
    ):
        server.bind(("127.0.0.1", 0))
        deaf.bind(("127.0.0.1", 0))

        def answer() -> None:
            _, who = server.recvfrom(100)
            server.sendto(b"log.udp\n", who)

        thread = threading.Thread(target=answer)
        thread.start()
        found = _probe(f"udp 127.0.0.1 {server.getsockname()[1]}", f"udp 127.0.0.1 {deaf.getsockname()[1]}")
        assert found == [["answered", "log.udp"], ["timeout", "-"]]
        thread.join()
        silent = deaf.getsockname()[1]
    assert _probe(f"udp 127.0.0.1 {silent}")[0][0] == "refused"


def test_a_closed_port_refuses_by_itself_and_the_order_is_kept() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    assert _probe(f"tcp 127.0.0.1 {free}", f"udp 127.0.0.1 {free}") == [
        ["refused", "ECONNREFUSED itself"],
        ["refused", "ECONNREFUSED 127.0.0.1"],
    ]
